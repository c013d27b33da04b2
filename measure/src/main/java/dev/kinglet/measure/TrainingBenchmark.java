package dev.kinglet.measure;

import dev.kinglet.base.ByteSize;
import dev.kinglet.image.Batch;
import dev.kinglet.network.Model;
import dev.kinglet.torch.TorchLearner;
import dev.kinglet.train.Memory;
import dev.kinglet.train.options.LearnerSettings;
import dev.kinglet.train.options.Optimizer;
import dev.kinglet.train.options.OptimizerSettings;
import java.nio.ByteBuffer;
import java.util.Random;

/**
 * Training steps (forward, backward, optimizer) on one batch of random images.
 *
 * @param threads compute threads
 * @param steps that are timed
 */
public record TrainingBenchmark(Model model, int batchSize, int threads, int steps) {
    private static final int WARM_UP = 2; // steps: the first allocates, the second is the first in a steady state

    /**
     * Duration and memory of the timed steps.
     *
     * @param millis of one step
     * @param memoryMib resident after the last step, in MiB; 0 where the system does not say
     * @param memoryGrowthMib difference to that after the first step
     */
    public record Result(Spread millis, double imagesPerSecond, long memoryMib, long memoryGrowthMib) {}

    /** Measures. */
    public Result run(Runnable stop) {
        LearnerSettings settings = new LearnerSettings(
                OptimizerSettings.of(
                        new Optimizer.Sgd(0.9, Optimizer.Sgd.Momentum.CLASSIC, 0, Optimizer.Decay.EVERYTHING)),
                0,
                threads);
        Batch batch = randomBatch();
        double[] millis = new double[steps];
        long firstMib = 0;
        try (TorchLearner learner = TorchLearner.of(model, settings)) {
            for (int i = -WARM_UP; i < steps; i++) {
                stop.run();
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
            Spread spread = Spread.of(millis);
            return new Result(spread, 1000 * batchSize / spread.median(), lastMib, lastMib - firstMib);
        }
    }

    private static long residentMib() {
        return Memory.residentBytes().orElse(0) / ByteSize.MIB;
    }

    private Batch randomBatch() {
        int imageSize = model.card().preprocessing().inputSize();
        Random random = new Random(0);
        byte[] bytes = new byte[Math.multiplyExact(3 * imageSize * imageSize, batchSize)];
        random.nextBytes(bytes);
        ByteBuffer pixels = ByteBuffer.allocateDirect(bytes.length).put(0, bytes);
        int[] labels = random.ints(batchSize, 0, model.network().classes()).toArray();
        return new Batch(pixels, imageSize, labels, new int[batchSize]);
    }
}
