package dev.kinglet.train;

import java.util.Locale;

/** What is done about classes of different sizes. */
public enum ClassBalance {
    /** Nothing: an epoch is every picture once. */
    NONE,
    /** An epoch has as many pictures, but equally many of every class. */
    SAMPLE;

    /** The name in files and options. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
