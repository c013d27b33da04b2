package dev.kinglet.infer;

import dev.kinglet.onnx.Range;

/** How the range of an activation follows from the values it was seen to have. */
public enum CalibrationMethod {
    /** All values seen. */
    MINMAX {
        @Override
        Range range(Histogram seen) {
            return Range.of(seen.low(), seen.high());
        }
    },
    /** All but the outermost ten thousandth of the values on each side. */
    PERCENTILE {
        @Override
        Range range(Histogram seen) {
            long dropped = (long) (seen.count() * OUTSIDE);
            return within(seen, kept(seen.below(), dropped) * seen.width(), kept(seen.above(), dropped) * seen.width());
        }
    },
    /**
     * The range whose quantized values tell least else than the values did, by relative entropy: the method of TensorRT
     * (Migacz, "8-bit Inference with TensorRT", 2017). Zeros, which many activations are and which stay exact, do not
     * count here.
     */
    ENTROPY {
        @Override
        Range range(Histogram seen) {
            return Entropy.range(seen);
        }
    };

    private static final double OUTSIDE = 1e-4;

    abstract Range range(Histogram seen);

    /** Bins from 0 outwards without those at the far end that hold {@code dropped} values or fewer. */
    private static int kept(long[] bins, long dropped) {
        int kept = bins.length;
        long outside = 0;
        while (kept > 0 && outside + bins[kept - 1] <= dropped) {
            outside += bins[--kept];
        }
        return kept;
    }

    /** From {@code -below} to {@code above}, but no further than values were seen. */
    static Range within(Histogram seen, double below, double above) {
        return Range.of(Math.max(seen.low(), (float) -below), Math.min(seen.high(), (float) above));
    }
}
