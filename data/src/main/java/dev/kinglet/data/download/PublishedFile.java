package dev.kinglet.data.download;

import dev.kinglet.data.DatasetException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.LongConsumer;

/**
 * A file at an address, of a known size and checksum.
 *
 * @param algorithm of the checksum, as {@link MessageDigest} calls it
 * @param checksum in hexadecimal, or its first digits, as torchvision has them in a file's name
 */
public record PublishedFile(URI address, long bytes, String algorithm, String checksum) {
    /**
     * The file, fetched unless it is there already.
     *
     * @param file where it lies then; what has come of it lies beside it, in {@code NAME.part}
     * @param progress called with the number of bytes after each piece; an exception from it ends the download
     * @throws DatasetException if a file of that name is there that is not the published one; if the server does not
     *     have it; if what it sends is not it, and then nothing of it is kept; or if the connection broke, and then what
     *     has come is kept
     * @throws InterruptedException if the thread is interrupted; what has come is kept
     */
    public Path fetch(Path file, LongConsumer progress) throws IOException, InterruptedException {
        return new Download(this, file, progress).fetch();
    }

    /** Whether a checksum is the published one, or begins as the published one says. */
    boolean isChecksum(String found) {
        return found.startsWith(checksum);
    }

    /** The checksum of a file, in hexadecimal. */
    public static String checksum(String algorithm, Path file) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has MD5 and SHA-256", e);
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] buffer = new byte[1 << 16];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                digest.update(buffer, 0, count);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
