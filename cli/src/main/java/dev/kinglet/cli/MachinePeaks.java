package dev.kinglet.cli;

import dev.kinglet.torch.TorchPeaks;
import java.util.ArrayList;
import java.util.List;

/**
 * The most the machine does, looked at again and again while something else is measured: machines drift. Owns native
 * memory until closed.
 */
final class MachinePeaks implements AutoCloseable {
    private static final int TIMES = 2; // a look, the better of them counts

    private final TorchPeaks peaks;
    private final List<Double> gflops = new ArrayList<>(); // a look each
    private final List<Double> gigabytes = new ArrayList<>();

    MachinePeaks(int threads) {
        peaks = new TorchPeaks(threads);
    }

    /**
     * Measures both peaks once more.
     *
     * @return that of arithmetic, in 1e9 floating-point operations a second
     */
    double look() {
        double most = 0;
        double fastest = 0;
        for (int i = 0; i < TIMES; i++) {
            most = Math.max(most, peaks.sgemm());
            fastest = Math.max(fastest, peaks.copy());
        }
        gflops.add(most);
        gigabytes.add(fastest);
        return most;
    }

    /** How often it was looked. */
    int looks() {
        return gflops.size();
    }

    /** In 1e9 floating-point operations a second, over the looks; the best is the peak. */
    Spread gflops() {
        return spread(gflops);
    }

    /** In GB/s, read and written, likewise. */
    Spread gigabytes() {
        return spread(gigabytes);
    }

    private static Spread spread(List<Double> values) {
        return Spread.of(values.stream().mapToDouble(Double::doubleValue).toArray());
    }

    @Override
    public void close() {
        peaks.close();
    }
}
