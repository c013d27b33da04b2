package dev.kinglet.cli;

import dev.kinglet.toolkit.Machine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kinglet benchmark}. */
@Command(
        name = "benchmark",
        description = {
            "Time networks on this machine, beside its own peaks: what they take for an image, or, with --train, for a"
                    + " training step.",
            "Several are interleaved, so that whatever else the machine does meets them alike. Prints a Markdown table."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kinglet benchmark birds.onnx --threads 2",
            "  kinglet benchmark --compare plain.onnx rewritten.onnx --rounds 7",
            "  kinglet benchmark birds.onnx --pipeline photos --threads 2",
            "  kinglet benchmark --train peleenet --batch-size 16 --img-size 224 --threads 2"
        })
final class BenchmarkCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(
            arity = "0..*",
            paramLabel = "MODEL",
            description = "What is run: .onnx files, runs' folders, .safetensors files or names of kinglet models"
                    + " (untrained); what is not exported yet is rewritten as export does it.")
    private List<String> models = List.of();

    @Option(
            names = "--compare",
            arity = "1..*",
            paramLabel = "MODEL",
            description = "The same, for two or more: the others are compared with the first.")
    private List<String> compared = List.of();

    @Option(names = "--train", paramLabel = "NAME", description = "Time a training step of a network instead.")
    private @Nullable String trained;

    @Option(
            names = "--pipeline",
            paramLabel = "DIR",
            description = "Time images' files to labels instead: all images in DIR and below it, decoded, resized,"
                    + " run, ranked.")
    private @Nullable Path pipeline;

    @Option(
            names = "--batch-size",
            paramLabel = "N",
            description = "Images a call (default: 1; with --train: a step, 16).")
    private @Nullable Integer batchSize;

    @Option(
            names = "--img-size",
            paramLabel = "PIXELS",
            description = "Side of an image, for names of models (default: as published; with --train: 224).")
    private @Nullable Integer imageSize;

    @Option(names = "--num-classes", paramLabel = "N", description = "With --train: outputs (default: 1000).")
    private @Nullable Integer classes;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Sessions of one thread that run side by side, for throughput (default: 1; with --train:"
                    + " threads that share a step, all processors).")
    private @Nullable Integer threads;

    @Option(
            names = "--intra-threads",
            paramLabel = "N",
            description = "Threads that share one call, for latency (default: 1).")
    private @Nullable Integer intraThreads;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "Rounds; with --train: steps that are timed (default: ${DEFAULT-VALUE}).")
    private int rounds = 7;

    @Option(
            names = "--round-seconds",
            paramLabel = "S",
            description = "How long each runs in a round, at least three calls (default: 0.3).")
    private @Nullable Double seconds;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    BenchmarkCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        atLeastOne("--batch-size", batchSize);
        atLeastOne("--img-size", imageSize);
        atLeastOne("--num-classes", classes);
        atLeastOne("--threads", threads);
        atLeastOne("--intra-threads", intraThreads);
        atLeastOne("--rounds", rounds);
        if (seconds != null && !(seconds >= 0 && seconds <= 3600)) {
            throw new IllegalArgumentException("--round-seconds is from 0 to 3600, not " + seconds);
        }
        List<String> names = new ArrayList<>(models);
        names.addAll(compared);
        if (names.isEmpty() == (trained == null)) {
            throw new IllegalArgumentException(
                    "benchmark takes models to run (.onnx files and others) or --train NAME," + " one of the two");
        }
        if (trained != null) {
            refuse("--train", "--pipeline", pipeline);
            refuse("--train", "--intra-threads", intraThreads);
            refuse("--train", "--round-seconds", seconds);
            new TrainingBenchmark(
                            trained,
                            or(batchSize, 16),
                            or(imageSize, 224),
                            or(classes, 1000),
                            or(threads, Machine.processors()),
                            rounds)
                    .run(console, json);
            return 0;
        }
        if (classes != null) {
            throw new IllegalArgumentException("--num-classes goes with --train");
        }
        if (pipeline != null) {
            refuse("--pipeline", "--batch-size", batchSize);
            refuse("--pipeline", "--intra-threads", intraThreads);
            refuse("--pipeline", "--round-seconds", seconds);
            refuse("--pipeline", "--img-size", imageSize);
            List<Path> files = names.stream().map(Path::of).toList();
            new PipelineBenchmark(files, pipeline, or(threads, 1), rounds).run(console, json);
        } else {
            new InferenceBenchmark(
                            names,
                            imageSize,
                            or(threads, 1),
                            or(intraThreads, 1),
                            or(batchSize, 1),
                            rounds,
                            seconds == null ? 0.3 : seconds)
                    .run(console, json);
        }
        return 0;
    }

    private static void refuse(String mode, String option, @Nullable Object value) {
        if (value != null) {
            throw new IllegalArgumentException(option + " does not go with " + mode + "; leave out one of the two");
        }
    }

    private static void atLeastOne(String option, @Nullable Integer value) {
        if (value != null && value < 1) {
            throw new IllegalArgumentException(option + " is at least 1, not " + value);
        }
    }

    private static int or(@Nullable Integer value, int otherwise) {
        return value == null ? otherwise : value;
    }
}
