package dev.kinglet.image;

import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * A JPEG of four inks as Pillow shows it. OpenCV gives such an image as RGB only, by a formula of its own that is off by up
 * to 2; ImageIO gives the inks as they are stored, and the arithmetic here is that of libjpeg (YCCK to CMYK) and Pillow
 * (inverted CMYK to RGB).
 */
final class CmykJpeg {
    private static final int INKS = 4;
    private static final int APP_FIRST = 0xe0; // application data, of which none is needed to get the inks
    private static final int APP_LAST = 0xef;
    private static final int COMMENT = 0xfe;
    private static final int ADOBE = 0xee;
    private static final byte[] ADOBE_NAME = {'A', 'd', 'o', 'b', 'e'};
    private static final int ADOBE_TRANSFORM = 11; // in the segment's body

    private static final int SCALE_BITS = 16;
    private static final int HALF = 1 << (SCALE_BITS - 1);

    private CmykJpeg() {}

    /** Whether a JPEG has four components. */
    static boolean isOne(byte[] jpeg) throws ImageException {
        JpegSegments segments = new JpegSegments(jpeg);
        while (segments.next()) {
            if (segments.isFrame()) {
                int components = segments.body() + 5; // after precision, height and width
                return components < jpeg.length && jpeg[components] == INKS;
            }
        }
        return false;
    }

    /**
     * Decodes an image.
     *
     * @param header whose size the caller found acceptable
     * @throws ImageException if it is damaged, or the heap has no room for it
     */
    static RgbImage decode(byte[] jpeg, ImageHeader header) throws ImageException {
        boolean ycck = isYcck(jpeg);
        byte[] inks = inks(jpeg, header);
        byte[] rgb = header.room(3);
        for (int from = 0, to = 0; to < rgb.length; from += INKS, to += 3) {
            if (ycck) {
                toCmyk(inks, from);
            }
            int black = inks[from + 3] & 0xff; // inverted, as all of them
            for (int i = 0; i < 3; i++) {
                rgb[to + i] = (byte) (black - timesOver255(255 - (inks[from + i] & 0xff), black));
            }
        }
        return new RgbImage((int) header.width(), (int) header.height(), rgb);
    }

    private static byte[] inks(byte[] jpeg, ImageHeader header) throws ImageException {
        byte[] plain =
                JpegSegments.only(jpeg, marker -> (marker < APP_FIRST || marker > APP_LAST) && marker != COMMENT);
        ImageReader reader = ImageIO.getImageReadersByFormatName("jpeg").next();
        try {
            reader.setInput(new MemoryCacheImageInputStream(new ByteArrayInputStream(plain)), true, true);
            Raster raster = reader.readRaster(0, null);
            byte[] inks = raster.getDataBuffer() instanceof DataBufferByte bytes ? bytes.getData() : new byte[0];
            if (inks.length != INKS * header.width() * header.height()) {
                throw new ImageException("damaged JPEG: its header states " + header.width() + "x" + header.height()
                        + " pixels, and it has " + raster.getWidth() + "x" + raster.getHeight());
            }
            return inks;
        } catch (ImageException e) {
            throw e;
        } catch (IOException | RuntimeException e) { // what ImageIO makes of damage
            throw new ImageException("damaged JPEG: " + e.getMessage(), e);
        } catch (OutOfMemoryError e) {
            throw header.tooLargeForHeap(e);
        } finally {
            reader.dispose();
        }
    }

    /** By Adobe's segment, the last one if there are several: 0 is CMYK, any other transform YCCK. */
    private static boolean isYcck(byte[] jpeg) throws ImageException {
        boolean ycck = false;
        JpegSegments segments = new JpegSegments(jpeg);
        while (segments.next() && segments.marker() != JpegSegments.START_OF_SCAN) {
            int transform = segments.body() + ADOBE_TRANSFORM;
            if (segments.marker() == ADOBE && transform < Math.min(segments.end(), jpeg.length)) {
                boolean adobe = Arrays.equals(
                        jpeg, segments.body(), segments.body() + ADOBE_NAME.length, ADOBE_NAME, 0, ADOBE_NAME.length);
                ycck = adobe ? jpeg[transform] != 0 : ycck;
            }
        }
        return ycck;
    }

    /** libjpeg's conversion (jdcolor.c), in place: the inverse of RGB from luma and chroma; black stays. */
    private static void toCmyk(byte[] inks, int at) {
        int luma = inks[at] & 0xff;
        int blue = (inks[at + 1] & 0xff) - 128;
        int red = (inks[at + 2] & 0xff) - 128;
        inks[at] = inverse(luma + ((scaled(1.40200) * red + HALF) >> SCALE_BITS));
        inks[at + 1] = inverse(luma + ((-scaled(0.34414) * blue - scaled(0.71414) * red + HALF) >> SCALE_BITS));
        inks[at + 2] = inverse(luma + ((scaled(1.77200) * blue + HALF) >> SCALE_BITS));
    }

    private static int scaled(double factor) {
        return (int) (factor * (1 << SCALE_BITS) + 0.5);
    }

    private static byte inverse(int value) {
        return (byte) (255 - Math.max(0, Math.min(255, value)));
    }

    /** Pillow's product of two numbers from 0 to 255, over 255 and rounded. */
    private static int timesOver255(int a, int b) {
        int product = a * b + 128;
        return ((product >> 8) + product) >> 8;
    }
}
