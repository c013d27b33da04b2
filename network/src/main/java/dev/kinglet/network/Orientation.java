package dev.kinglet.network;

import java.util.Locale;

/** What becomes of a photo whose camera noted how it was held (EXIF, tag 0x0112). */
public enum Orientation {
    /** It is taken as it is stored: what Pillow's {@code Image.open} gives, and what published networks were trained on. */
    IGNORED,
    /** It is turned upright, as Pillow's {@code ImageOps.exif_transpose} does and people see it. */
    FOLLOWED;

    /** The name in files and options: {@code ignored}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException if there is none of that name */
    public static Orientation of(String key) {
        for (Orientation orientation : values()) {
            if (orientation.key().equals(key)) {
                return orientation;
            }
        }
        throw new IllegalArgumentException("exif_orientation is ignored or followed, not '" + key + "'");
    }
}
