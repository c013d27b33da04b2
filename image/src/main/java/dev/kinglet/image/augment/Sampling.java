package dev.kinglet.image.augment;

import dev.kinglet.network.Interpolation;

/** Interpolation between the pixels of an image that is rotated, sheared or shifted; nothing is averaged over an area. */
enum Sampling {
    NEAREST,
    BILINEAR,
    BICUBIC;

    /** The same by the name it has for resizing. */
    static Sampling of(Interpolation interpolation) {
        return switch (interpolation) {
            case BILINEAR -> BILINEAR;
            case BICUBIC -> BICUBIC;
        };
    }
}
