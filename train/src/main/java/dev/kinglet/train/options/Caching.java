package dev.kinglet.train.options;

import java.util.Locale;

/** Place of decoded images. */
public enum Caching {
    /** In memory, on Java's heap. */
    RAM,
    /** In a file in the run's folder, until the run ends. */
    DISK,
    /** Nowhere: every epoch decodes them again. */
    NONE;

    /** The name in files and options. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
