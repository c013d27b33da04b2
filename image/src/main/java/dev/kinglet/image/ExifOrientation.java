package dev.kinglet.image;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The orientation of the camera that a JPEG notes: the EXIF tag 0x0112. */
final class ExifOrientation {
    static final int UPRIGHT = 1;
    private static final int TAG = 0x0112;
    private static final int APP1 = 0xe1;
    private static final int EXIF = 0x45786966; // "Exif", and two zeros after it

    private ExifOrientation() {}

    /** The tag of an encoded JPEG, from 1, upright, to 8; 1 where there is none, or none that makes sense. */
    static int tag(byte[] encoded) {
        try {
            JpegSegments segments = new JpegSegments(encoded);
            while (segments.next() && segments.marker() != JpegSegments.START_OF_SCAN) {
                int bytes = segments.end() - segments.body();
                if (segments.marker() == APP1 && bytes > 6) {
                    ByteBuffer segment = ByteBuffer.wrap(encoded).slice(segments.body(), bytes);
                    if (segment.getInt() == EXIF && segment.getShort() == 0) {
                        return tagOfTiff(segment.slice());
                    }
                }
            }
            return UPRIGHT;
        } catch (ImageException | BufferUnderflowException | IllegalArgumentException | IndexOutOfBoundsException e) {
            return UPRIGHT; // the header ends early, or is no header
        }
    }

    private static int tagOfTiff(ByteBuffer tiff) {
        tiff.order(tiff.getShort() == 0x4949 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        tiff.position(tiff.getInt(4));
        for (int entries = tiff.getShort() & 0xffff; entries > 0; entries--) {
            int at = tiff.position();
            if ((tiff.getShort() & 0xffff) == TAG) {
                int value = tiff.getShort(at + 8);
                return value >= UPRIGHT && value <= 8 ? value : UPRIGHT;
            }
            tiff.position(at + 12);
        }
        return UPRIGHT;
    }

    /** The image rotated and flipped so that it is upright. */
    static RgbImage upright(RgbImage image, int tag) {
        return switch (tag) {
            case 2 -> image.flippedHorizontally();
            case 3 -> image.flippedHorizontally().flippedVertically();
            case 4 -> image.flippedVertically();
            case 5 -> transposed(image);
            case 6 -> transposed(image).flippedHorizontally();
            case 7 -> transposed(image).flippedHorizontally().flippedVertically();
            case 8 -> transposed(image).flippedVertically();
            default -> image;
        };
    }

    /** Whether width and height are exchanged where the tag is followed. */
    static boolean exchangesSides(int tag) {
        return tag >= 5;
    }

    /** Rows and columns exchanged. */
    private static RgbImage transposed(RgbImage image) {
        byte[] from = image.rgb();
        byte[] to = new byte[from.length];
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < image.width(); x++) {
                System.arraycopy(from, 3 * (y * image.width() + x), to, 3 * (x * image.height() + y), 3);
            }
        }
        return new RgbImage(image.height(), image.width(), to);
    }
}
