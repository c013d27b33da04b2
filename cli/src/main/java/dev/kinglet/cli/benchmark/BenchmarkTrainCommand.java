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
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
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
    private static final String FLOAT32 = "float32";
    private static final String BFLOAT16 = "bfloat16";

    private final Console console;

    @Parameters(arity = "0..1", paramLabel = "MODEL", description = "A name of kinglet models.")
    private @Nullable String model;

    @Option(names = "--train", paramLabel = "MODEL", hidden = true)
    private @Nullable String trained; // the spelling before there was this command

    @Option(names = "--batch-size", paramLabel = "N", description = "Images per step (default: ${DEFAULT-VALUE}).")
    private int batchSize = 16;

    @Option(names = "--img-size", paramLabel = "PIXELS", description = "Input resolution (default: as published).")
    private @Nullable Integer imageSize;

    @Option(names = "--num-classes", paramLabel = "N", description = "Outputs (default: as published).")
    private @Nullable Integer classes;

    @Option(
            names = "--amp",
            paramLabel = FLOAT32 + "|" + BFLOAT16,
            description = "Number format of the forward and the backward pass; with bfloat16, steps in float32 are"
                    + " measured in turn with it (default: ${DEFAULT-VALUE}).")
    private String amp = FLOAT32;

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
        TrainingBenchmark benchmark = new TrainingBenchmark(
                Untrained.model(name, imageSize, classes), batchSize, options.threads(), options.rounds(), bfloat16());
        List<TrainingBenchmark.Result> results = benchmark.run(Interruption::check);
        TrainingBenchmark.Result asked = results.get(results.size() - 1);
        double speedup = results.get(0).millis().median() / asked.millis().median();
        if (options.json()) {
            ObjectNode page = object(name, benchmark.imageSize(), asked);
            if (results.size() > 1) {
                page.put("speedup_over_float32", speedup);
            }
            console.result(Json.page(page));
            return 0;
        }
        results.forEach(result -> print(name, benchmark.imageSize(), result));
        if (results.size() > 1) {
            console.result("bfloat16 over float32: %.2f times the images/s", speedup);
        }
        return 0;
    }

    private boolean bfloat16() {
        return switch (amp) {
            case FLOAT32 -> false;
            case BFLOAT16 -> true;
            default ->
                throw new IllegalArgumentException(
                        "--amp: expected " + FLOAT32 + " or " + BFLOAT16 + ", found '" + amp + "'");
        };
    }

    private ObjectNode object(String name, int pixels, TrainingBenchmark.Result result) {
        Spread millis = result.millis();
        ObjectNode object = Json.object()
                .put("machine", Machine.describe())
                .put("model", name)
                .put("mode", "train")
                .put("batch_size", batchSize)
                .put("img_size", pixels)
                .put("threads", options.threads())
                .put("rounds", options.rounds())
                .put("median_ms", millis.median())
                .put("min_ms", millis.min())
                .put("spread", millis.relative())
                .put("images_per_s", result.imagesPerSecond())
                .put("precision", result.precision())
                .put("sgemm_gflops", result.gflops())
                .put("share_of_peak", result.fractionOfPeak())
                .put("memory_mib", result.memoryMib())
                .put("memory_growth_mib", result.memoryGrowthMib());
        result.phases().forEach((phase, time) -> object.put(phase + "_ms", time));
        return object;
    }

    private void print(String name, int pixels, TrainingBenchmark.Result result) {
        Spread millis = result.millis();
        console.result(
                "%s, batch %d, %d pixels, %s, %s: %.1f ms per training step (median of %d; fastest %.1f, spread %.0f %%),"
                        + " %.1f images/s; %d MiB resident, %+d over the timed steps",
                name,
                batchSize,
                pixels,
                Plural.of(options.threads(), "thread"),
                result.precision(),
                millis.median(),
                options.rounds(),
                millis.min(),
                100 * millis.relative(),
                result.imagesPerSecond(),
                result.memoryMib(),
                result.memoryGrowthMib());
        console.result(
                "  %s ms; %.2f of the peak, %.0f GFLOP/s of the best float32 matrix multiplication (GEMM) before and after",
                result.phases().entrySet().stream()
                        .map(phase -> String.format(Locale.ROOT, "%s %.1f", phase.getKey(), phase.getValue()))
                        .collect(Collectors.joining(", ")),
                result.fractionOfPeak(),
                result.gflops());
    }
}
