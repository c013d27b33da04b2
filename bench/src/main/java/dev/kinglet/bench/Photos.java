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
 * Encoded photos in memory: of every class of the folder that the system property {@code photos} names, the first few. Each
 * call of {@link #next} gives another one.
 */
@State(Scope.Thread)
public class Photos {
    private static final int PER_CLASS = 12;

    private final List<byte[]> encoded = new ArrayList<>();
    private int next;

    @Setup(Level.Trial)
    public void read() throws IOException {
        Path folder = Path.of(System.getProperty("photos", "photos"));
        if (!Files.isDirectory(folder)) {
            throw new IOException(folder.toAbsolutePath() + " is no folder; name one of a folder of photos a class with"
                    + " -jvmArgsAppend -Dphotos=DIR");
        }
        try (Stream<Path> classes = Files.list(folder).sorted()) {
            for (Path one : classes.toList()) {
                try (Stream<Path> files = Files.list(one).sorted().limit(PER_CLASS)) {
                    for (Path file : files.toList()) {
                        encoded.add(Files.readAllBytes(file));
                    }
                }
            }
        }
    }

    /** The next photo, round and round. */
    byte[] next() {
        next = (next + 1) % encoded.size();
        return encoded.get(next);
    }
}
