package dev.kinglet.cli.benchmark;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.base.KingletVersion;
import dev.kinglet.base.Plural;
import dev.kinglet.base.Table;
import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.Interruption;
import dev.kinglet.cli.console.Json;
import dev.kinglet.infer.TimedSession;
import dev.kinglet.measure.PipelineBenchmark;
import dev.kinglet.toolkit.Machine;
import dev.kinglet.toolkit.Predictor;
import dev.kinglet.toolkit.TrainedModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kinglet benchmark pipeline}. */
@Command(
        name = "pipeline",
        description = "Measure the whole way from image files to labels, and each of its steps: decoding, resizing and"
                + " normalizing, the network. Each of the threads has one image on its way.",
        footerHeading = "%nExample:%n",
        footer = "  kinglet benchmark pipeline birds.onnx --images photos --threads 2")
final class BenchmarkPipelineCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(
            arity = "1..*",
            paramLabel = "FILE.onnx",
            description = "Exported networks; several are compared with the first.")
    private List<Path> files = List.of();

    @Option(
            names = {"--images", "--pipeline"},
            required = true,
            paramLabel = "DIR",
            description = "Folder of images to measure with; all in it and below it are used.")
    private Path folder = Path.of("");

    @Mixin
    private BenchmarkOptions options = new BenchmarkOptions(1);

    BenchmarkPipelineCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        for (Path file : files) {
            if (!TrainedModel.isOnnx(file)) {
                throw new IllegalArgumentException(
                        "benchmark pipeline takes .onnx files, not " + file + "; export writes one");
            }
        }
        List<Path> images = Predictor.images(folder);
        List<PipelineBenchmark.Result> results =
                new PipelineBenchmark(files, images, options.threads(), options.rounds()).run(Interruption::check);
        console.result(
                options.json()
                        ? Json.page(object(results, images.size()))
                        : table(results).markdown() + "\n\n" + footnote(images.size()));
        return 0;
    }

    private ObjectNode object(List<PipelineBenchmark.Result> results, int images) {
        ObjectNode object = Json.object()
                .put("machine", Machine.describe())
                .put("runtime", TimedSession.runtime())
                .put("kinglet", KingletVersion.current())
                .put("mode", "pipeline")
                .put("threads", options.threads())
                .put("rounds", options.rounds())
                .put("images", images);
        ArrayNode array = object.putArray("results");
        for (PipelineBenchmark.Result result : results) {
            ObjectNode entry = array.addObject()
                    .put("file", result.file().toString())
                    .put("images_per_s", result.imagesPerSecond().median())
                    .put("decode_ms", result.decodeMillis())
                    .put("prepare_ms", result.prepareMillis())
                    .put("network_ms", result.networkMillis());
            BenchmarkInferCommand.put(entry.putObject("speedup"), result.speedup());
        }
        return object;
    }

    private static Table table(List<PipelineBenchmark.Result> results) {
        Table table = new Table(
                "file",
                ">images/s",
                ">speedup over the first",
                ">decode, ms",
                ">resize and normalize, ms",
                ">network, ms");
        for (PipelineBenchmark.Result result : results) {
            table.row(
                    result.file().toString(),
                    BenchmarkCommand.spread("%.1f", result.imagesPerSecond()),
                    BenchmarkCommand.spread("%.2f", result.speedup()),
                    String.format(Locale.ROOT, "%.2f", result.decodeMillis()),
                    String.format(Locale.ROOT, "%.2f", result.prepareMillis()),
                    String.format(Locale.ROOT, "%.2f", result.networkMillis()));
        }
        return table;
    }

    private String footnote(int images) {
        return String.format(
                Locale.ROOT,
                "%s, Kinglet %s, %s; %s, %d image files to labels in each of %s, interleaved: median of the"
                        + " rounds (range). The steps are of one image on one thread, while the others work too.",
                Machine.describe(),
                KingletVersion.current(),
                TimedSession.runtime(),
                Plural.of(options.threads(), "thread"),
                images,
                Plural.of(options.rounds(), "round"));
    }
}
