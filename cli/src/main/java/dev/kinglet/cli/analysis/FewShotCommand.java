package dev.kinglet.cli.analysis;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.base.Figures;
import dev.kinglet.base.FileNames;
import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.Interruption;
import dev.kinglet.cli.console.Json;
import dev.kinglet.data.DataOptions;
import dev.kinglet.data.DataSource;
import dev.kinglet.data.Dataset;
import dev.kinglet.toolkit.FewShot;
import dev.kinglet.toolkit.Machine;
import dev.kinglet.toolkit.Runs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kinglet few-shot}. */
@Command(
        name = "few-shot",
        description = {
            "Give a trained network new classes from a few images each, without training.",
            "Its head is replaced by the mean embedding of each class's images; the file written is an .onnx file like any"
                    + " other, for predict, serve and eval."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kinglet few-shot mobilenet.safetensors photos --output birds.onnx            a folder per class",
            "  kinglet few-shot mobilenet.safetensors photos --shots 5 --output birds.onnx  accuracy on the others"
        })
final class FewShotCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(
            index = "0",
            paramLabel = "MODEL",
            description =
                    "A run's folder, a .safetensors file, an .onnx file that was exported with --embeddings, or latest.")
    private Path model = Path.of("");

    @Parameters(
            index = "1",
            paramLabel = "DIR",
            description = "Images of the new classes, a folder per class, or another layout of labeled images.")
    private Path data = Path.of("");

    @Option(
            names = "--output",
            required = true,
            paramLabel = "FILE.onnx",
            description = "The file to write; replaced if it exists.")
    private Path output = Path.of("");

    @Option(
            names = "--shots",
            paramLabel = "N",
            description =
                    "Images of each class to use, chosen at random (default: all); accuracy is measured on the others.")
    private @Nullable Integer shots;

    @Option(names = "--seed", paramLabel = "N", description = "Of the choice of images (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--threads", paramLabel = "N", description = "Compute threads (default: all processors).")
    private int threads = Machine.processors();

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    FewShotCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        if (!FileNames.hasEnding(output, ".onnx")) {
            throw new IllegalArgumentException("--output is to end in .onnx, not " + output);
        }
        Dataset images = DataSource.open(data, DataOptions.defaults()).train();
        FewShot fewShot = new FewShot(
                shots == null ? OptionalInt.empty() : OptionalInt.of(shots),
                seed,
                threads,
                Interruption::isRequested,
                image -> console.note("%s; left out", image.reason()));
        FewShot.Result result = fewShot.of(Runs.resolve(model), images);
        result.write(output);
        console.result(json ? json(result) : text(result));
        return 0;
    }

    private String json(FewShot.Result result) {
        ObjectNode object = Json.object()
                .put("file", output.toString())
                .put("num_classes", result.classes())
                .put("images", result.images())
                .put("features", result.features())
                .put("scale", result.scale());
        result.leaveOneOut().ifPresent(fraction -> object.put("leave_one_out_top1", 100 * fraction));
        object.put("other_images", result.others());
        result.accuracy().ifPresent(fraction -> object.put("top1", 100 * fraction));
        return Json.page(object);
    }

    private String text(FewShot.Result result) {
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "%s: %d classes from %d images, by %d features",
                output,
                result.classes(),
                result.images(),
                result.features()));
        result.leaveOneOut()
                .ifPresent(fraction -> text.append("\ntop-1 of these, each left out of its prototype: ")
                        .append(Figures.percent(100 * fraction)));
        result.accuracy()
                .ifPresent(fraction -> text.append("\ntop-1 of the " + result.others() + " others: ")
                        .append(Figures.percent(100 * fraction)));
        return text.toString();
    }
}
