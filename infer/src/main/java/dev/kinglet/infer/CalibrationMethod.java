package dev.kinglet.infer;

import dev.kinglet.onnx.QuantizationRange;

/** Rule by which the range of an activation follows from the values observed on the calibration images. */
public enum CalibrationMethod {
    /** The smallest and the largest value observed. */
    MINMAX {
        @Override
        QuantizationRange range(Histogram histogram) {
            return QuantizationRange.of(histogram.low(), histogram.high());
        }
    },
    /** All values but the outermost 0.01 % on each side, which saturate. */
    PERCENTILE {
        @Override
        QuantizationRange range(Histogram histogram) {
            long dropped = (long) (histogram.count() * OUTSIDE);
            return within(
                    histogram,
                    kept(histogram.below(), dropped) * histogram.width(),
                    kept(histogram.above(), dropped) * histogram.width());
        }
    },
    /**
     * The range with the smallest KL divergence between the distributions of the values and of their quantized form: the
     * method of TensorRT (Migacz, "8-bit Inference with TensorRT", 2017). Zeros, which are frequent and stay exact, do not
     * count.
     */
    ENTROPY {
        @Override
        QuantizationRange range(Histogram histogram) {
            return Entropy.range(histogram);
        }
    };

    private static final double OUTSIDE = 1e-4;

    abstract QuantizationRange range(Histogram histogram);

    /** Bins from 0 outwards without those at the far end that hold {@code dropped} values or fewer. */
    private static int kept(long[] bins, long dropped) {
        int kept = bins.length;
        long outside = 0;
        while (kept > 0 && outside + bins[kept - 1] <= dropped) {
            outside += bins[--kept];
        }
        return kept;
    }

    /** From {@code -below} to {@code above}, but no further than the values observed. */
    static QuantizationRange within(Histogram histogram, double below, double above) {
        return QuantizationRange.of(
                Math.max(histogram.low(), (float) -below), Math.min(histogram.high(), (float) above));
    }
}
