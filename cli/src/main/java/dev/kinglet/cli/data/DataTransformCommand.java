package dev.kinglet.cli.data;

import dev.kinglet.base.FileNames;
import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.DecodingChoice;
import dev.kinglet.image.Normalizer;
import dev.kinglet.image.Pipeline;
import dev.kinglet.image.RgbImage;
import dev.kinglet.network.Interpolation;
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

    @Option(names = "--img-size", paramLabel = "PIXELS", description = "Input resolution (default: ${DEFAULT-VALUE}).")
    private int imgSize = Preprocessing.imagenet().inputSize();

    @Option(
            names = "--crop-pct",
            paramLabel = "FRACTION",
            description = "Center crop ratio (default: ${DEFAULT-VALUE}).")
    private double cropPct = Preprocessing.imagenet().cropPct();

    @Option(
            names = "--interpolation",
            paramLabel = "NAME",
            description = "bilinear or bicubic (default: ${DEFAULT-VALUE}).")
    private String interpolation = Preprocessing.imagenet().interpolation().key();

    @Option(
            names = "--mean",
            split = ",",
            paramLabel = "R,G,B",
            description = "Mean of each channel, on a scale from 0 to 1 (default: 0.485,0.456,0.406).")
    private List<Double> mean = Preprocessing.imagenet().mean();

    @Option(
            names = "--std",
            split = ",",
            paramLabel = "R,G,B",
            description = "Standard deviation of each channel (default: 0.229,0.224,0.225).")
    private List<Double> std = Preprocessing.imagenet().std();

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
        Preprocessing preprocessing =
                new Preprocessing(imgSize, cropPct, Interpolation.of(interpolation), mean, std).requireScaleOfOne();
        if (!FileNames.hasEnding(output, ".npy")) {
            throw new IllegalArgumentException("--output is the name of a .npy file, not '" + output + "'");
        }
        RgbImage square = Pipeline.evaluation(preprocessing)
                .apply(decoding.decoder(preprocessing).read(image));
        List<Integer> dims = List.of(1, 3, square.height(), square.width());
        if (uint8) {
            Npy.write(output, dims, planes(square));
        } else {
            FloatBuffer values = FloatBuffer.allocate(square.rgb().length);
            new Normalizer(preprocessing).normalize(square, values);
            Npy.write(output, new NdArray.Floats(dims, values.array()));
        }
        console.result("%s: %s %s", output, uint8 ? "uint8" : "float32", dims);
        return 0;
    }

    /** {@code [3, height, width]}. */
    private static byte[] planes(RgbImage image) {
        int pixels = image.width() * image.height();
        byte[] planes = new byte[3 * pixels];
        for (int i = 0; i < planes.length; i++) {
            planes[i] = image.rgb()[3 * (i % pixels) + i / pixels];
        }
        return planes;
    }
}
