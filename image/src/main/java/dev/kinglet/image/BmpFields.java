package dev.kinglet.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A BMP whose pixels are numbers of 16 or 32 bits, with red, green and blue in fields of them. A field of fewer than 8 bits
 * is scaled to 0 to 255 and rounded down, as Pillow does; OpenCV shifts it, which leaves white gray.
 */
final class BmpFields {
    private static final int PIXELS_AT = 10;
    private static final int HEADER_AT = 14;
    private static final int HEIGHT_AT = 22;
    private static final int BITS_AT = 28;
    private static final int COMPRESSION_AT = 30;
    private static final int MASKS_AT = 54; // after the first header, or inside a longer one
    private static final int HEADER_BYTES = 40; // at least; OS/2's has no fields
    private static final int BIT_FIELDS = 3;
    private static final int[] RGB555 = {0x7c00, 0x3e0, 0x1f};

    private BmpFields() {}

    /** Whether a BMP is of this kind. */
    static boolean areIn(byte[] bmp) {
        if (bmp.length < MASKS_AT) {
            return false;
        }
        ByteBuffer header = littleEndian(bmp);
        int compression = header.getInt(COMPRESSION_AT);
        int bits = header.getShort(BITS_AT);
        return Integer.compareUnsigned(header.getInt(HEADER_AT), HEADER_BYTES) >= 0
                && ((bits == 16 && (compression == 0 || compression == BIT_FIELDS))
                        || (bits == 32 && compression == BIT_FIELDS));
    }

    /**
     * Decodes the image.
     *
     * @param size of it, which the caller found acceptable
     * @throws ImageException if it is truncated, or the heap has no room for it
     */
    static RgbImage decode(byte[] bmp, ImageHeader size) throws ImageException {
        ByteBuffer file = littleEndian(bmp);
        int[] masks = RGB555;
        if (file.getInt(COMPRESSION_AT) == BIT_FIELDS) {
            if (bmp.length < MASKS_AT + 12) {
                throw truncated(bmp);
            }
            masks = new int[] {file.getInt(MASKS_AT), file.getInt(MASKS_AT + 4), file.getInt(MASKS_AT + 8)};
        }
        int width = (int) size.width();
        int height = (int) size.height();
        int bytes = file.getShort(BITS_AT) / 8;
        long row = (width * (long) bytes + 3) / 4 * 4;
        long first = file.getInt(PIXELS_AT) & 0xffffffffL;
        if (first + row * height > bmp.length) {
            throw truncated(bmp);
        }
        boolean isTopDown = file.getInt(HEIGHT_AT) < 0;
        byte[] rgb = size.room(3);
        for (int y = 0, to = 0; y < height; y++) {
            int at = (int) (first + row * (isTopDown ? y : height - 1 - y));
            for (int x = 0; x < width; x++, at += bytes) {
                int pixel = bytes == 2 ? file.getShort(at) & 0xffff : file.getInt(at);
                for (int mask : masks) {
                    rgb[to++] = (byte) field(pixel, mask);
                }
            }
        }
        return new RgbImage(width, height, rgb);
    }

    private static long field(int pixel, int mask) {
        int shift = mask == 0 ? 0 : Integer.numberOfTrailingZeros(mask);
        long most = Integer.toUnsignedLong(mask >>> shift);
        return most == 0 ? 0 : Integer.toUnsignedLong((pixel & mask) >>> shift) * 255 / most;
    }

    private static ByteBuffer littleEndian(byte[] bmp) {
        return ByteBuffer.wrap(bmp).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static ImageException truncated(byte[] bmp) {
        return new ImageException("truncated BMP: it ends at byte " + bmp.length);
    }
}
