package dev.kinglet.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Photos as files and as encoded bytes: of every class of the folder that the system property {@code photos} names, the
 * first few. {@code peers/pillow_pipeline.py} takes the same. Each call of {@link #next} or {@link #nextFile} gives
 * another one.
 */
@State(Scope.Thread)
public class Photos {
    private static final int PER_CLASS = 12;

    private final List<Path> files = new ArrayList<>();
    private final List<byte[]> encoded = new ArrayList<>();
    private int next;

    /**
     * The folder of photos, one folder per class.
     *
     * @throws IOException if there is none
     */
    static Path folder() throws IOException {
        Path folder = Path.of(System.getProperty("photos", "photos"));
        if (!Files.isDirectory(folder)) {
            throw new IOException(folder.toAbsolutePath() + " is no folder; name one of a folder of photos a class with"
                    + " -jvmArgsAppend -Dphotos=DIR");
        }
        return folder;
    }

    @Setup(Level.Trial)
    public void read() throws IOException {
        try (Stream<Path> classes = Files.list(folder()).sorted()) {
            for (Path one : classes.toList()) {
                try (Stream<Path> photos = Files.list(one).sorted().limit(PER_CLASS)) {
                    files.addAll(photos.toList());
                }
            }
        }
        for (Path file : files) {
            encoded.add(Files.readAllBytes(file));
        }
    }

    /** The next photo, round and round. */
    byte[] next() {
        next = (next + 1) % encoded.size();
        return encoded.get(next);
    }

    /** The next photo's file, round and round. */
    Path nextFile() {
        next = (next + 1) % files.size();
        return files.get(next);
    }
}
