package dev.kinglet.cli;

import dev.kinglet.data.Batch;
import dev.kinglet.network.Model;
import dev.kinglet.torch.TorchLearner;
import dev.kinglet.train.LearnerSettings;
import dev.kinglet.train.Memory;
import dev.kinglet.train.Sgd;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kinglet benchmark}. */
@Command(
        name = "benchmark",
        description = "Measure a training step on random pictures: forward, backward, optimizer.",
        footerHeading = "%nExample:%n",
        footer = "  kinglet benchmark --train peleenet --batch-size 16 --img-size 224 --threads 2")
final class BenchmarkCommand implements Callable<Integer> {
    private static final int WARM_UP = 2; // steps: the first allocates, the second is the first in a steady state

    private final Console console;

    @Option(names = "--train", required = true, paramLabel = "MODEL", description = "A name of kinglet models.")
    private String model = "";

    @Option(names = "--batch-size", paramLabel = "N", description = "Pictures a step (default: ${DEFAULT-VALUE}).")
    private int batchSize = 16;

    @Option(names = "--img-size", paramLabel = "PIXELS", description = "Side of a picture (default: ${DEFAULT-VALUE}).")
    private int imageSize = 224;

    @Option(names = "--num-classes", paramLabel = "N", description = "Outputs (default: ${DEFAULT-VALUE}).")
    private int classes = 1000;

    @Option(names = "--threads", paramLabel = "N", description = "Threads that calculate (default: all processors).")
    private int threads = Machine.processors();

    @Option(names = "--rounds", paramLabel = "N", description = "Steps that are timed (default: ${DEFAULT-VALUE}).")
    private int rounds = 7;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    BenchmarkCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (batchSize < 1 || rounds < 1) {
            throw new IllegalArgumentException(
                    "--batch-size and --rounds are at least 1, not " + batchSize + " and " + rounds);
        }
        Measured measured = measure();
        double[] millis = measured.millis;
        Arrays.sort(millis);
        double median = millis[millis.length / 2];
        double spread = (millis[millis.length - 1] - millis[0]) / median;
        double imagesPerSecond = 1000 * batchSize / median;
        if (json) {
            console.result(Json.page(Json.object()
                    .put("machine", Machine.describe())
                    .put("model", model)
                    .put("mode", "train")
                    .put("batch_size", batchSize)
                    .put("img_size", imageSize)
                    .put("threads", threads)
                    .put("rounds", rounds)
                    .put("median_ms", median)
                    .put("min_ms", millis[0])
                    .put("spread", spread)
                    .put("images_per_s", imagesPerSecond)
                    .put("memory_mib", measured.memoryMib)
                    .put("memory_growth_mib", measured.memoryGrowthMib)));
        } else {
            console.result(
                    "%s, batch %d, %d pixels, %d threads: %.1f ms a training step (median of %d; fastest %.1f, spread"
                            + " %.0f %%), %.1f images/s; %d MiB resident, %+d over the timed steps",
                    model,
                    batchSize,
                    imageSize,
                    threads,
                    median,
                    rounds,
                    millis[0],
                    100 * spread,
                    imagesPerSecond,
                    measured.memoryMib,
                    measured.memoryGrowthMib);
        }
        return 0;
    }

    /**
     * What the timed steps took.
     *
     * @param memoryMib resident after the last, in MiB; 0 where the system does not say
     * @param memoryGrowthMib how much more than after the first
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Measured(double[] millis, long memoryMib, long memoryGrowthMib) {}

    private Measured measure() {
        Model untrained = Untrained.model(model, imageSize, classes);
        LearnerSettings settings =
                new LearnerSettings(new Sgd(0.9, Sgd.Momentum.CLASSIC, 0, Sgd.Decay.EVERYTHING), 0, 0, 0, threads);
        Batch batch = randomBatch();
        double[] millis = new double[rounds];
        long firstMib = 0;
        try (TorchLearner learner = TorchLearner.of(untrained, settings)) {
            for (int i = -WARM_UP; i < rounds; i++) {
                Interruption.check();
                long start = System.nanoTime();
                learner.step(batch, 0.01);
                if (i >= 0) {
                    millis[i] = (System.nanoTime() - start) / 1e6;
                }
                if (i == 0) {
                    firstMib = residentMib();
                }
            }
            long lastMib = residentMib();
            return new Measured(millis, lastMib, lastMib - firstMib);
        }
    }

    private static long residentMib() {
        return Memory.residentBytes().orElse(0) >> 20;
    }

    private Batch randomBatch() {
        Random random = new Random(0);
        byte[] bytes = new byte[Math.multiplyExact(3 * imageSize * imageSize, batchSize)];
        random.nextBytes(bytes);
        ByteBuffer pixels = ByteBuffer.allocateDirect(bytes.length).put(0, bytes);
        int[] labels = random.ints(batchSize, 0, classes).toArray();
        return new Batch(pixels, imageSize, labels, new int[batchSize]);
    }
}
