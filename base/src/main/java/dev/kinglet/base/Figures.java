package dev.kinglet.base;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** Numbers as people read them, the same on every machine. */
public final class Figures {
    private static final int DIGITS = 6;

    private Figures() {}

    /** {@code 0.0005} or {@code 5}: without an exponent. */
    public static String decimal(double value) {
        return Double.isFinite(value)
                ? new BigDecimal(Double.toString(value)).stripTrailingZeros().toPlainString()
                : Double.toString(value);
    }

    /** {@code 2.80 M}. */
    public static String millions(long count) {
        return String.format(Locale.ROOT, "%.2f M", count / 1e6);
    }

    /** Six significant digits without zeros at the end: {@code 0.0005}, {@code 12}; {@code 1.50000e-12} far from 1. */
    public static String rounded(double value) {
        double size = Math.abs(value);
        return value != 0 && !(size >= 1e-9 && size < 1e9)
                ? String.format(Locale.ROOT, "%.6g", value)
                : new BigDecimal(value)
                        .round(new MathContext(DIGITS))
                        .stripTrailingZeros()
                        .toPlainString();
    }

    /** {@code 96.40 %}, of a percentage. */
    public static String percent(double percent) {
        return String.format(Locale.ROOT, "%.2f %%", percent);
    }

    /** {@code 1 min 25 s} or {@code 8.4 s}. */
    public static String duration(double seconds) {
        return seconds < 60
                ? String.format(Locale.ROOT, "%.1f s", seconds)
                : String.format(Locale.ROOT, "%d min %02d s", (long) seconds / 60, (long) seconds % 60);
    }
}
