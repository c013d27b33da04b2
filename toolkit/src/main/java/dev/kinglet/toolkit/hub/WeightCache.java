package dev.kinglet.toolkit.hub;

import dev.kinglet.base.AtomicFile;
import dev.kinglet.data.download.PublishedFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A folder of fetched files. Beside each lies {@code NAME.sha256} with its digest, as {@code sha256sum} writes it; a file
 * is checked against it whenever it is used.
 */
record WeightCache(Path folder) {
    static final String SHA_256 = "SHA-256";

    private static final String DIGEST_SUFFIX = ".sha256";
    private static final Pattern DIGEST_LINE = Pattern.compile("([0-9a-f]{64})  .+\\n?");

    /** How a file is fetched that is not there, and checked; gives its digest. */
    @FunctionalInterface
    interface Fetch {
        String into(Path file) throws IOException, InterruptedException;
    }

    /** A file's digest in hexadecimal; empty if the cache does not have the file. */
    Optional<String> digest(Path file) throws IOException {
        Path beside = beside(file);
        if (!Files.isRegularFile(file) || !Files.isRegularFile(beside)) {
            return Optional.empty();
        }
        Matcher line = DIGEST_LINE.matcher(Files.readString(beside));
        return line.matches() ? Optional.of(line.group(1)) : Optional.empty();
    }

    /** Whether the cache has a file and its content has not changed. */
    boolean hasSound(Path file) throws IOException {
        Optional<String> digest = digest(file);
        return digest.isPresent() && digest.get().equals(PublishedFile.checksum(SHA_256, file));
    }

    /**
     * Fetches a file that is not there, or is damaged and is removed then; folders made for it go again if that fails.
     *
     * @return its digest
     */
    String fetched(Path file, Fetch fetch) throws IOException, InterruptedException {
        if (hasSound(file)) {
            return digest(file).orElseThrow();
        }
        Files.deleteIfExists(file);
        Files.deleteIfExists(beside(file));
        boolean done = false;
        try {
            String digest = fetch.into(file);
            String line = digest + "  " + file.getFileName() + "\n";
            AtomicFile.write(beside(file), out -> out.write(line.getBytes(StandardCharsets.UTF_8)));
            done = true;
            return digest;
        } finally {
            if (!done) {
                removeEmptyFolders(file);
            }
        }
    }

    /** Text beside the weights, written whole or not at all. */
    static void write(Path file, String text) throws IOException {
        AtomicFile.write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }

    private void removeEmptyFolders(Path of) throws IOException {
        try {
            for (Path at = of.getParent(); at != null && at.startsWith(folder); at = at.getParent()) {
                Files.delete(at);
            }
        } catch (DirectoryNotEmptyException | NoSuchFileException e) {
            // the rest is in use, or was never made
        }
    }

    private static Path beside(Path file) {
        return file.resolveSibling(file.getFileName() + DIGEST_SUFFIX);
    }

    /** The files that have a digest, sorted. */
    List<Path> files() throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(file -> file.getFileName()
                            .toString()
                            .toLowerCase(Locale.ROOT)
                            .endsWith(DIGEST_SUFFIX))
                    .map(file -> file.resolveSibling(file.getFileName()
                            .toString()
                            .substring(0, file.getFileName().toString().length() - DIGEST_SUFFIX.length())))
                    .filter(Files::isRegularFile)
                    .sorted()
                    .toList();
        }
    }
}
