package dev.kinglet.measure;

import dev.kinglet.base.ByteSize;
import dev.kinglet.image.Batch;
import dev.kinglet.network.Costs;
import dev.kinglet.network.Model;
import dev.kinglet.torch.TorchLearner;
import dev.kinglet.torch.TorchLearner.Phase;
import dev.kinglet.train.Memory;
import dev.kinglet.train.options.LearnerSettings;
import dev.kinglet.train.options.Optimizer;
import dev.kinglet.train.options.OptimizerSettings;
import dev.kinglet.train.options.Precision;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * Training steps (forward, backward, optimizer) on one batch of random images.
 *
 * @param threads compute threads
 * @param steps that are timed, of each number format
 * @param bfloat16 whether steps in bfloat16 are timed in turn with those in float32
 */
public record TrainingBenchmark(Model model, int batchSize, int threads, int steps, boolean bfloat16) {
    private static final int WARM_UP = 2; // steps: the first allocates, the second is the first in a steady state
    private static final int PASSES = 3; // forward; backward to the inputs; backward to the weights

    /**
     * Duration and memory of the timed steps.
     *
     * @param precision number format of the forward and the backward pass
     * @param millis of one step
     * @param phases median milliseconds of prepare, forward, loss, backward and optimizer
     * @param gflops of the best matrix multiplication in float32 (GEMM) before and after
     * @param fractionOfPeak multiply-accumulates of the step's three passes over those of the GEMM in the same time
     * @param memoryMib resident after the last step, in MiB; 0 where the system does not say
     * @param memoryGrowthMib difference to that after the first step
     */
    public record Result(
            String precision,
            Spread millis,
            Map<String, Double> phases,
            double imagesPerSecond,
            double gflops,
            double fractionOfPeak,
            long memoryMib,
            long memoryGrowthMib) {}

    /** The steps of one number format. */
    private static final class Series implements AutoCloseable {
        private final Precision precision;
        private final TorchLearner learner;
        private final List<Double> millis = new ArrayList<>();
        private final Map<Phase, List<Double>> phases = new EnumMap<>(Phase.class);

        Series(Precision precision, TorchLearner learner) {
            this.precision = precision;
            this.learner = learner;
        }

        void step(Batch batch, boolean timed) {
            Map<Phase, Double> before = learner.millis();
            long start = System.nanoTime();
            learner.step(batch, 0.01);
            double time = (System.nanoTime() - start) / 1e6;
            if (timed) {
                millis.add(time);
                learner.millis()
                        .forEach((phase, sum) -> phases.computeIfAbsent(phase, unused -> new ArrayList<>())
                                .add(sum - before.getOrDefault(phase, 0.0)));
            }
        }

        Map<String, Double> medians() {
            Map<String, Double> medians = new LinkedHashMap<>();
            phases.forEach((phase, times) -> medians.put(
                    phase.name().toLowerCase(Locale.ROOT), Spread.of(times).median()));
            return medians;
        }

        @Override
        public void close() {
            learner.close();
        }
    }

    /** Pixels of a side of the images. */
    public int imageSize() {
        return model.card().preprocessing().inputSize();
    }

    /**
     * Measures.
     *
     * @return one result for each number format
     */
    public List<Result> run(Runnable stop) {
        Batch batch = randomBatch();
        List<Series> all = new ArrayList<>();
        try (MachinePeaks peaks = new MachinePeaks(threads)) {
            double before = peaks.measure();
            for (Precision precision : bfloat16 ? Precision.values() : new Precision[] {Precision.FLOAT32}) {
                all.add(new Series(precision, TorchLearner.of(model, settings().withPrecision(precision))));
            }
            long firstMib = 0;
            for (int i = -WARM_UP; i < steps; i++) {
                for (Series series : all) {
                    stop.run();
                    series.step(batch, i >= 0);
                }
                if (i == 0) {
                    firstMib = residentMib();
                }
            }
            long lastMib = residentMib();
            double gflops = Math.max(before, peaks.measure());
            List<Result> results = new ArrayList<>();
            for (Series series : all) {
                results.add(result(series, gflops, lastMib, lastMib - firstMib));
            }
            return results;
        } finally {
            all.forEach(Series::close);
        }
    }

    private Result result(Series series, double gflops, long memoryMib, long memoryGrowthMib) {
        Spread millis = Spread.of(series.millis);
        double operations = 2.0 * PASSES * batchSize * Costs.of(model.network()).macs();
        return new Result(
                series.precision.key(),
                millis,
                series.medians(),
                1000 * batchSize / millis.median(),
                gflops,
                operations / (millis.median() * 1e6) / gflops,
                memoryMib,
                memoryGrowthMib);
    }

    private LearnerSettings settings() {
        return new LearnerSettings(
                OptimizerSettings.of(
                        new Optimizer.Sgd(0.9, Optimizer.Sgd.Momentum.CLASSIC, 0, Optimizer.Decay.EVERYTHING)),
                0,
                threads);
    }

    private static long residentMib() {
        return Memory.residentBytes().orElse(0) / ByteSize.MIB;
    }

    private Batch randomBatch() {
        int imageSize = imageSize();
        Random random = new Random(0);
        byte[] bytes = new byte[Math.multiplyExact(3 * imageSize * imageSize, batchSize)];
        random.nextBytes(bytes);
        ByteBuffer pixels = ByteBuffer.allocateDirect(bytes.length).put(0, bytes);
        int[] labels = random.ints(batchSize, 0, model.network().classes()).toArray();
        return new Batch(pixels, imageSize, labels, new int[batchSize]);
    }
}
