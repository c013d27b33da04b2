package dev.kinglet.measure;

import dev.kinglet.onnx.OnnxFile;
import java.io.IOException;
import java.nio.file.Path;

/**
 * One of the networks an {@link InferenceBenchmark} compares.
 *
 * @param name as results and messages have it
 * @param source of the exported network; asked once
 */
public record Candidate(String name, Source source) {
    /** Exports a network, or reads one that is exported. */
    @FunctionalInterface
    public interface Source {
        OnnxFile open() throws IOException;
    }

    /** An exported file, named by its path. */
    public static Candidate file(Path file) {
        return new Candidate(file.toString(), () -> OnnxFile.read(file));
    }
}
