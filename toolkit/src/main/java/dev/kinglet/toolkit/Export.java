package dev.kinglet.toolkit;

import dev.kinglet.infer.ExportReport;
import dev.kinglet.infer.Exporter;
import dev.kinglet.network.Model;
import java.io.IOException;
import java.nio.file.Path;

/**
 * The export of a trained network to an {@code .onnx} file that carries its labels and its preprocessing. The file is run
 * and compared with the network before it is kept.
 *
 * <pre>{@code
 * ExportReport report = Export.of(result.run()).to(Path.of("birds.onnx"));
 * }</pre>
 *
 * @param model the network with its weights
 * @param exporter rewrites and input type
 */
public record Export(Model model, Exporter exporter) {
    /**
     * The export of a run's best weights or of a {@code .safetensors} file, with all rewrites.
     *
     * @throws IllegalArgumentException if it is neither
     * @throws IOException if it cannot be read
     */
    public static Export of(Path source) throws IOException {
        Path path = Runs.resolve(source);
        if (TrainedModel.isOnnx(path)) {
            throw new IllegalArgumentException(path + " is exported already");
        }
        return new Export(TrainedModel.read(path), Exporter.defaults());
    }

    /** The same with other rewrites or another input type. */
    public Export with(Exporter other) {
        return new Export(model, other);
    }

    /**
     * Writes the file; replaces it if it is there.
     *
     * @throws IllegalStateException if the file does not agree with the network; it is not kept
     * @throws IOException if it cannot be written
     */
    public ExportReport to(Path file) throws IOException {
        return exporter.export(model, file);
    }
}
