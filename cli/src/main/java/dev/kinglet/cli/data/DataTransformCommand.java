package dev.kinglet.cli.data;

import dev.kinglet.base.FileNames;
import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.DecodingChoice;
import dev.kinglet.cli.console.Interruption;
import dev.kinglet.cli.console.PreprocessingChoice;
import dev.kinglet.image.Normalizer;
import dev.kinglet.image.Pipeline;
import dev.kinglet.image.RgbImage;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.weights.Npy;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kinglet data transform}. */
@Command(
        name = "transform",
        description = {
            "Save the preprocessed tensor of an image, to compare with Python.",
            "It is a NumPy file: float32 [1, 3, height, width], or with --uint8 the pixels before normalization."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kinglet data transform photo.jpg --output x.npy",
            "  kinglet data transform photo.jpg --img-size 224 --crop-pct 0.875 --interpolation bicubic --output x.npy"
        })
final class DataTransformCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(paramLabel = "IMAGE", description = "An image file.")
    private Path image = Path.of("");

    @Mixin
    private PreprocessingChoice choice = new PreprocessingChoice();

    @Mixin
    private DecodingChoice decoding = new DecodingChoice();

    @Option(names = "--uint8", description = "Save uint8 pixels, before normalization.")
    private boolean uint8;

    @Option(names = "--output", paramLabel = "FILE", required = true, description = "The .npy file.")
    private Path output = Path.of("");

    DataTransformCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        Preprocessing preprocessing = choice.over(Preprocessing.imagenet());
        if (!FileNames.hasEnding(output, ".npy")) {
            throw new IllegalArgumentException("--output is the name of a .npy file, not '" + output + "'");
        }
        RgbImage square = Pipeline.evaluation(preprocessing)
                .apply(decoding.decoder(preprocessing).read(image));
        Interruption.check();
        List<Integer> dims = List.of(1, 3, square.height(), square.width());
        if (uint8) {
            Npy.write(output, dims, square.planes());
        } else {
            FloatBuffer values = FloatBuffer.allocate(square.rgb().length);
            new Normalizer(preprocessing).normalize(square, values);
            Npy.write(output, new NdArray.Floats(dims, values.array()));
        }
        console.result("%s: %s %s", output, uint8 ? "uint8" : "float32", dims);
        return 0;
    }
}
