package dev.kinglet.image;

import dev.kinglet.network.Interpolation;

/** How an image is read between its pixels when it is turned, sheared or moved; nothing is averaged over an area. */
public enum Sampling {
    NEAREST,
    BILINEAR,
    BICUBIC;

    /** The same by the name it has for resizing. */
    public static Sampling of(Interpolation interpolation) {
        return switch (interpolation) {
            case BILINEAR -> BILINEAR;
            case BICUBIC -> BICUBIC;
        };
    }
}
