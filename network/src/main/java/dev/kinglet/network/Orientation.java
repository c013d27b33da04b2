package dev.kinglet.network;

import java.util.Locale;

/** Treatment of the orientation that a camera writes into a photo (EXIF, tag 0x0112). */
public enum Orientation {
    /** The image stays as it is stored, as in Pillow's {@code Image.open}; published networks were trained on such images. */
    IGNORED,
    /** The image is transposed to stand upright, as by Pillow's {@code ImageOps.exif_transpose}. */
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
