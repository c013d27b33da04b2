package dev.kinglet.cli.benchmark;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.base.Plural;
import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.Interruption;
import dev.kinglet.cli.console.Json;
import dev.kinglet.measure.Spread;
import dev.kinglet.measure.TrainingBenchmark;
import dev.kinglet.toolkit.Machine;
import dev.kinglet.toolkit.Untrained;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kinglet benchmark train}. */
@Command(
        name = "train",
        description = "Measure a training step (forward, backward, optimizer) on random images, and its memory.",
        footerHeading = "%nExample:%n",
        footer = "  kinglet benchmark train peleenet --batch-size 16 --img-size 224 --threads 2")
final class BenchmarkTrainCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(arity = "0..1", paramLabel = "MODEL", description = "A name of kinglet models.")
    private @Nullable String model;

    @Option(names = "--train", paramLabel = "MODEL", hidden = true)
    private @Nullable String trained; // the spelling before there was this command

    @Option(names = "--batch-size", paramLabel = "N", description = "Images per step (default: ${DEFAULT-VALUE}).")
    private int batchSize = 16;

    @Option(names = "--img-size", paramLabel = "PIXELS", description = "Input resolution (default: ${DEFAULT-VALUE}).")
    private int imageSize = 224;

    @Option(names = "--num-classes", paramLabel = "N", description = "Outputs (default: ${DEFAULT-VALUE}).")
    private int classes = 1000;

    @Mixin
    private BenchmarkOptions options = new BenchmarkOptions(Machine.processors());

    BenchmarkTrainCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        BenchmarkCommand.atLeastOne("--batch-size", batchSize);
        BenchmarkCommand.atLeastOne("--img-size", imageSize);
        BenchmarkCommand.atLeastOne("--num-classes", classes);
        if ((model == null) == (trained == null)) {
            throw new IllegalArgumentException("benchmark train takes one name of kinglet models");
        }
        String name = model != null ? model : String.valueOf(trained);
        TrainingBenchmark.Result result = new TrainingBenchmark(
                        Untrained.model(name, imageSize, classes), batchSize, options.threads(), options.rounds())
                .run(Interruption::check);
        if (options.json()) {
            console.result(Json.page(object(name, result)));
        } else {
            print(name, result);
        }
        return 0;
    }

    private ObjectNode object(String name, TrainingBenchmark.Result result) {
        Spread millis = result.millis();
        return Json.object()
                .put("machine", Machine.describe())
                .put("model", name)
                .put("mode", "train")
                .put("batch_size", batchSize)
                .put("img_size", imageSize)
                .put("threads", options.threads())
                .put("rounds", options.rounds())
                .put("median_ms", millis.median())
                .put("min_ms", millis.min())
                .put("spread", millis.relative())
                .put("images_per_s", result.imagesPerSecond())
                .put("memory_mib", result.memoryMib())
                .put("memory_growth_mib", result.memoryGrowthMib());
    }

    private void print(String name, TrainingBenchmark.Result result) {
        Spread millis = result.millis();
        console.result(
                "%s, batch %d, %d pixels, %s: %.1f ms per training step (median of %d; fastest %.1f, spread %.0f %%),"
                        + " %.1f images/s; %d MiB resident, %+d over the timed steps",
                name,
                batchSize,
                imageSize,
                Plural.of(options.threads(), "thread"),
                millis.median(),
                options.rounds(),
                millis.min(),
                100 * millis.relative(),
                result.imagesPerSecond(),
                result.memoryMib(),
                result.memoryGrowthMib());
    }
}
