package dev.kinglet.base;

import java.util.Locale;

/** Sizes of files and of memory for people. */
public final class ByteSize {
    /** Bytes of a mebibyte. */
    public static final long MIB = 1 << 20;

    private ByteSize() {}

    /** With one decimal: {@code 2.2 MiB}. */
    public static String mib(long bytes) {
        return String.format(Locale.ROOT, "%.1f MiB", (double) bytes / MIB);
    }

    /** Rounded down: {@code 812 MiB}. */
    public static String wholeMib(long bytes) {
        return bytes / MIB + " MiB";
    }
}
