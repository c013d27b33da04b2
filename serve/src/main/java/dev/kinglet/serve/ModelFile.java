package dev.kinglet.serve;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * A file of a repository, and what tells whether it has changed.
 *
 * @param version a number in Triton's layout
 */
record ModelFile(String model, long version, Path path, Stamp stamp) {
    /**
     * What changes with the content of a file. Replacing a file changes its key, writing into it its time.
     *
     * @param key of the file in its file system; empty where that has none
     */
    record Stamp(long size, long modifiedNanos, String key) {
        static Stamp of(Path file) throws IOException {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            Object key = attributes.fileKey();
            return new Stamp(
                    attributes.size(),
                    attributes.lastModifiedTime().to(java.util.concurrent.TimeUnit.NANOSECONDS),
                    key == null ? "" : key.toString());
        }
    }

    String versionName() {
        return Long.toString(version);
    }
}
