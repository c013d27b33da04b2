package dev.kinglet.train.metrics;

import java.util.Locale;

/** Values as comma-separated files have them (RFC 4180), whatever the machine's language. */
public final class Csv {
    private Csv() {}

    /** Text, in quotes if it would be misread without. */
    static String quoted(String text) {
        return text.matches("[^,\"\r\n]*") ? text : '"' + text.replace("\"", "\"\"") + '"';
    }

    /** A number with so many digits after the point; {@code NaN} and infinities by their Java names. */
    public static String decimal(double value, int digits) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%." + digits + "f", value) : Double.toString(value);
    }
}
