package dev.kinglet.image;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * The endings of the names of images that are decoded. They only tell which files of a folder, an archive or a list are
 * images; how an image is decoded depends on its content alone.
 */
public final class ImageFormats {
    private static final List<String> ENDINGS =
            List.of("jpg", "jpeg", "jpe", "jfif", "png", "gif", "bmp", "webp", "tif", "tiff");

    private ImageFormats() {}

    /** In lower case, without the dot. */
    public static List<String> endings() {
        return ENDINGS;
    }

    /** Whether a file with this ending is an image, in upper or lower case; the ending has no dot. */
    public static boolean isEnding(String ending) {
        return ENDINGS.contains(ending.toLowerCase(Locale.ROOT));
    }

    /** Whether a file of this name, which may have folders before it, is an image; {@code .jpg} alone is not. */
    public static boolean isImageName(String name) {
        int dot = name.lastIndexOf('.');
        boolean hasStem = dot > 0 && name.charAt(dot - 1) != '/' && name.charAt(dot - 1) != '\\';
        return hasStem && isEnding(name.substring(dot + 1));
    }

    /** Whether a file of this path is named as an image; the file is not looked at. */
    public static boolean isImageName(Path file) {
        return isImageName(String.valueOf(file.getFileName()));
    }

    /**
     * The usual ending, without the dot, of an encoded image by its content.
     *
     * @throws ImageException if it is of no format that is decoded, or its header is damaged
     */
    public static String ending(byte[] encoded) throws ImageException {
        return switch (ImageHeader.read(encoded).format()) {
            case JPEG -> "jpg";
            case PNG -> "png";
            case GIF -> "gif";
            case BMP -> "bmp";
            case WEBP -> "webp";
            case TIFF -> "tif";
        };
    }
}
