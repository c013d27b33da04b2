package dev.kinglet.measure;

import dev.kinglet.infer.Exporter;
import dev.kinglet.network.Model;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.toolkit.TrainedModel;
import dev.kinglet.toolkit.Untrained;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalInt;

/**
 * One of the networks an {@link InferenceBenchmark} compares.
 *
 * @param name as results and messages have it
 * @param source of the exported network; asked once
 */
record Candidate(String name, Source source) {
    /** Exports a network, or reads one that is exported. */
    @FunctionalInterface
    interface Source {
        OnnxFile open() throws IOException;
    }

    /** An exported file, named by its path. */
    static Candidate file(Path file) {
        return new Candidate(file.toString(), () -> OnnxFile.read(file));
    }

    /**
     * Whatever holds a network: an {@code .onnx} file, a run folder, a {@code .safetensors} file, or the name of a network
     * of the zoo, with random weights. What is not exported yet is rewritten as {@link Exporter#defaults()} does it.
     *
     * @param imageSize of a network of the zoo; empty: as published
     */
    static Candidate named(String name, OptionalInt imageSize) {
        Path path = Path.of(name);
        if (TrainedModel.isOnnx(path)) {
            return file(path);
        }
        return new Candidate(name, () -> {
            Model model = TrainedModel.isPath(path)
                    ? TrainedModel.read(path)
                    : Untrained.model(name, imageSize.isPresent() ? imageSize.getAsInt() : null, null);
            return OnnxFile.of(Exporter.rewritten(model));
        });
    }
}
