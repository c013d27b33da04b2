package dev.kinglet.network;

import java.util.Locale;

/** Resampling filter of a resize, in Pillow's terms: both filters widen with the scale, which avoids aliasing. */
public enum Interpolation {
    BILINEAR,
    BICUBIC;

    /** The name in files and options: {@code bilinear}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException if there is none of that name */
    public static Interpolation of(String key) {
        for (Interpolation interpolation : values()) {
            if (interpolation.key().equals(key)) {
                return interpolation;
            }
        }
        throw new IllegalArgumentException("interpolation is bilinear or bicubic, not '" + key + "'");
    }
}
