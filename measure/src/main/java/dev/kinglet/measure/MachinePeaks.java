package dev.kinglet.measure;

import dev.kinglet.torch.TorchPeaks;
import java.util.ArrayList;
import java.util.List;

/**
 * Peak arithmetic and peak memory bandwidth of the machine, measured again and again between other measurements, because
 * machines drift. Owns native memory until closed.
 */
final class MachinePeaks implements AutoCloseable {
    private static final int REPETITIONS = 2; // of each measurement; the better one counts

    private final TorchPeaks peaks;
    private final List<Double> gflops = new ArrayList<>(); // one entry per measurement
    private final List<Double> copyGigabytes = new ArrayList<>();

    MachinePeaks(int threads) {
        peaks = new TorchPeaks(threads);
    }

    /**
     * Measures both peaks once more.
     *
     * @return the arithmetic peak, in GFLOP/s
     */
    double measure() {
        double bestGflops = 0;
        double bestCopy = 0;
        for (int i = 0; i < REPETITIONS; i++) {
            bestGflops = Math.max(bestGflops, peaks.sgemm());
            bestCopy = Math.max(bestCopy, peaks.copy());
        }
        gflops.add(bestGflops);
        copyGigabytes.add(bestCopy);
        return bestGflops;
    }

    InferenceBenchmark.Peaks summary() {
        return new InferenceBenchmark.Peaks(gflops.size(), Spread.of(gflops), Spread.of(copyGigabytes));
    }

    @Override
    public void close() {
        peaks.close();
    }
}
