package dev.kinglet.data.download;

import dev.kinglet.base.NearestName;
import dev.kinglet.data.DatasetException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * A data set published as one file.
 *
 * @param name on the command line
 * @param address of the file
 * @param bytes of the file
 * @param algorithm of the checksum, as {@link java.security.MessageDigest} calls it
 * @param checksum as published, in hexadecimal
 */
public record PublishedArchive(String name, URI address, long bytes, String algorithm, String checksum) {
    /** The python archives, which hold the same images as the binary ones. Checksums from the authors' own page. */
    public static final List<PublishedArchive> ALL = List.of(
            new PublishedArchive(
                    "cifar10",
                    URI.create("https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"),
                    170_498_071,
                    "MD5",
                    "c58f30108f718f92721af3b95e74349a"),
            new PublishedArchive(
                    "cifar100",
                    URI.create("https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"),
                    169_001_437,
                    "MD5",
                    "eb9058c3a382ffc7106e4002c42a8d85"));

    /** @throws IllegalArgumentException if there is none of this name; the message says which is nearest */
    public static PublishedArchive of(String name) {
        List<String> names = ALL.stream().map(PublishedArchive::name).toList();
        return ALL.stream()
                .filter(archive -> archive.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no address of '" + name + "' is known, only of "
                        + String.join(", ", names) + NearestName.hint(name, names)));
    }

    /** The name of the file. */
    public String fileName() {
        return Requests.fileName(address);
    }

    /**
     * The same file from elsewhere.
     *
     * @param folder its address, with or without a slash at the end
     * @throws IllegalArgumentException if it is not an address of http or https
     */
    public PublishedArchive at(URI folder) {
        if (folder.getHost() == null || !List.of("http", "https").contains(folder.getScheme())) {
            throw new IllegalArgumentException(
                    "a mirror is the address of a folder, such as https://example.org/data/, not '" + folder + "'");
        }
        return new PublishedArchive(name, Requests.below(folder, fileName()), bytes, algorithm, checksum);
    }

    /**
     * The file in a folder, fetched unless it is there already.
     *
     * @param progress called with the number of bytes after each piece; an exception from it ends the download
     * @throws DatasetException if a file of that name is there that is not the published one; if the server does not
     *     have it; if what it sends is not it, and then nothing of it is kept; or if the connection broke, and then what
     *     has come is kept
     * @throws InterruptedException if the thread is interrupted; what has come is kept
     */
    public Path fetch(Path folder, LongConsumer progress) throws IOException, InterruptedException {
        return new PublishedFile(address, bytes, algorithm, checksum).fetch(folder.resolve(fileName()), progress);
    }
}
