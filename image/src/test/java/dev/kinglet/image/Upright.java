package dev.kinglet.image;

/** The EXIF orientation, for tests in other packages. */
public final class Upright {
    private Upright() {}

    public static RgbImage of(RgbImage image, int tag) {
        return ExifOrientation.upright(image, tag);
    }
}
