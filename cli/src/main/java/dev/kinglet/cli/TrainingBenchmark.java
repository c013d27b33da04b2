package dev.kinglet.cli;

import dev.kinglet.image.Batch;
import dev.kinglet.network.Model;
import dev.kinglet.toolkit.Machine;
import dev.kinglet.toolkit.Untrained;
import dev.kinglet.torch.TorchLearner;
import dev.kinglet.train.Memory;
import dev.kinglet.train.options.LearnerSettings;
import dev.kinglet.train.options.Sgd;
import java.nio.ByteBuffer;
import java.util.Random;

/**
 * Training steps on random images: forward, backward, optimizer.
 *
 * @param model a name of the zoo
 * @param imageSize side of an image in pixels
 * @param rounds steps that are timed
 */
record TrainingBenchmark(String model, int batchSize, int imageSize, int classes, int threads, int rounds) {
    private static final int WARM_UP = 2; // steps: the first allocates, the second is the first in a steady state

    /**
     * What the timed steps took.
     *
     * @param memoryMib resident after the last, in MiB; 0 where the system does not say
     * @param memoryGrowthMib how much more than after the first
     */
    private record Measured(Spread millis, long memoryMib, long memoryGrowthMib) {}

    /** Measures, and prints the result. */
    void run(Console console, boolean json) {
        Measured measured = measure();
        Spread millis = measured.millis;
        double imagesPerSecond = 1000 * batchSize / millis.median();
        if (json) {
            console.result(Json.page(Json.object()
                    .put("machine", Machine.describe())
                    .put("model", model)
                    .put("mode", "train")
                    .put("batch_size", batchSize)
                    .put("img_size", imageSize)
                    .put("threads", threads)
                    .put("rounds", rounds)
                    .put("median_ms", millis.median())
                    .put("min_ms", millis.min())
                    .put("spread", millis.relative())
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
                    millis.median(),
                    rounds,
                    millis.min(),
                    100 * millis.relative(),
                    imagesPerSecond,
                    measured.memoryMib,
                    measured.memoryGrowthMib);
        }
    }

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
            return new Measured(Spread.of(millis), lastMib, lastMib - firstMib);
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
