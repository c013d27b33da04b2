package dev.kinglet.image;

import dev.kinglet.base.ByteSize;
import dev.kinglet.base.ForeignFile;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The format and size that the first bytes of an encoded image state; the format is recognized by content, never by a
 * file's name.
 *
 * @param width in pixels, as stated; may be anything that fits the format's field
 * @param height in pixels, as stated
 */
record ImageHeader(Format format, long width, long height) {
    public enum Format {
        JPEG,
        PNG,
        GIF,
        BMP,
        WEBP,
        TIFF
    }

    private static final byte[] PNG_SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

    /** @throws ImageException if the bytes are no image of a known format, or end before its size is known */
    public static ImageHeader read(byte[] encoded) throws ImageException {
        if (encoded.length == 0) {
            throw new ImageException("empty: 0 bytes");
        }
        Reader in = new Reader(encoded);
        if (in.startsWith(0, "\u00ff\u00d8\u00ff")) {
            return jpeg(encoded, in);
        }
        if (Arrays.equals(encoded, 0, Math.min(8, encoded.length), PNG_SIGNATURE, 0, 8)) {
            return new ImageHeader(Format.PNG, in.bigEndian(16, 4), in.bigEndian(20, 4));
        }
        if (in.startsWith(0, "GIF87a") || in.startsWith(0, "GIF89a")) {
            return new ImageHeader(Format.GIF, in.littleEndian(6, 2), in.littleEndian(8, 2));
        }
        if (in.startsWith(0, "RIFF") && in.startsWith(8, "WEBP")) {
            return webp(in);
        }
        if (in.startsWith(0, "BM")) {
            return bmp(in);
        }
        if (TiffLayout.isOne(encoded)) {
            TiffLayout layout = TiffLayout.read(encoded);
            return new ImageHeader(Format.TIFF, layout.width(), layout.height());
        }
        throw new ImageException(
                "not an image of a supported format (JPEG, PNG, GIF, BMP, WebP, TIFF): " + describe(in, encoded));
    }

    /** Of the same image with its sides divided, rounded up. */
    ImageHeader dividedBy(int factor) {
        return new ImageHeader(format, (width + factor - 1) / factor, (height + factor - 1) / factor);
    }

    /**
     * Room for the stated pixels.
     *
     * @throws ImageException if the heap has none: an image too large for it is refused as any other that is too large
     */
    byte[] room(int bytesPerPixel) throws ImageException {
        try {
            return new byte[Math.toIntExact(bytesPerPixel * width * height)];
        } catch (OutOfMemoryError e) {
            throw tooLargeForHeap(e);
        }
    }

    ImageException tooLargeForHeap(OutOfMemoryError cause) {
        return new ImageException(
                width + "x" + height + " pixels do not fit into what is left of a heap of "
                        + ByteSize.wholeMib(Runtime.getRuntime().maxMemory()) + "; give Java more (-Xmx)",
                cause);
    }

    /** The frame header (SOF) states the size; the segments before it are passed over. */
    private static ImageHeader jpeg(byte[] encoded, Reader in) throws ImageException {
        JpegSegments segments = new JpegSegments(encoded);
        while (segments.next()) {
            if (segments.isFrame()) {
                int sides = segments.body() + 1; // after the precision
                return new ImageHeader(Format.JPEG, in.bigEndian(sides + 2, 2), in.bigEndian(sides, 2));
            }
            if (segments.marker() == JpegSegments.END_OF_IMAGE || segments.marker() == JpegSegments.START_OF_SCAN) {
                throw new ImageException(
                        "a JPEG whose data begins or ends before its frame header, at byte " + segments.start());
            }
        }
        throw in.truncated();
    }

    private static ImageHeader webp(Reader in) throws ImageException {
        in.requireWhole(8 + in.littleEndian(4, 4));
        if (in.startsWith(12, "VP8X")) {
            return new ImageHeader(Format.WEBP, in.littleEndian(24, 3) + 1, in.littleEndian(27, 3) + 1);
        }
        if (in.startsWith(12, "VP8L")) {
            long bits = in.littleEndian(21, 4);
            return new ImageHeader(Format.WEBP, (bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1);
        }
        if (in.startsWith(12, "VP8 ")) {
            return new ImageHeader(Format.WEBP, in.littleEndian(26, 2) & 0x3fff, in.littleEndian(28, 2) & 0x3fff);
        }
        throw new ImageException("a WebP file that does not begin with a VP8, VP8L or VP8X chunk");
    }

    private static ImageHeader bmp(Reader in) throws ImageException {
        long pixels = in.littleEndian(10, 4);
        if (in.littleEndian(14, 4) == 12) { // OS/2's header has 16-bit sizes
            return bmp(in, pixels, in.littleEndian(18, 2), in.littleEndian(20, 2), in.littleEndian(24, 2));
        }
        long width = (int) in.littleEndian(18, 4);
        long height = Math.abs((long) (int) in.littleEndian(22, 4)); // negative where rows run from the top
        long compression = in.littleEndian(30, 4);
        boolean runLengths = compression == 1 || compression == 2;
        return bmp(in, pixels, width, height, runLengths ? 0 : in.littleEndian(28, 2));
    }

    private static ImageHeader bmp(Reader in, long pixels, long width, long height, long bits) throws ImageException {
        if (width > 0 && height < Integer.MAX_VALUE) {
            in.requireWhole(pixels + (width * bits + 31) / 32 * 4 * height);
        }
        return new ImageHeader(Format.BMP, width, height);
    }

    /** The kind of a file that is put in folders of images by mistake. */
    private static String describe(Reader in, byte[] encoded) {
        if (in.startsWith(0, "II+\0") || in.startsWith(0, "MM\0+")) {
            return "it is a BigTIFF";
        }
        if (in.startsWith(4, "ftyp")) {
            return in.startsWith(8, "avif") || in.startsWith(8, "avis")
                    ? "it is an AVIF"
                    : in.startsWith(8, "hei") || in.startsWith(8, "mif1") ? "it is a HEIC" : "it is a video (MP4)";
        }
        if (in.startsWith(0, "\0\0\0\fjP  ") || in.startsWith(0, "\u00ffO\u00ffQ")) {
            return "it is a JPEG 2000";
        }
        if (in.startsWith(0, "%PDF")) {
            return "it is a PDF document";
        }
        if (in.startsWith(0, "8BPS")) {
            return "it is a Photoshop file";
        }
        if (in.startsWith(0, "<svg") || in.startsWith(0, "<?xml")) {
            return "it is an SVG or another XML file";
        }
        Optional<String> foreign =
                ForeignFile.describe(Arrays.copyOf(encoded, Math.min(ForeignFile.START_BYTES, encoded.length)));
        if (foreign.isPresent()) {
            return "it is " + foreign.get();
        }
        if (in.startsWith(0, "PK\3\4")) {
            return "it is a zip archive";
        }
        byte[] start = Arrays.copyOf(encoded, Math.min(8, encoded.length));
        return "it begins with the bytes " + HexFormat.ofDelimiter(" ").formatHex(start);
    }

    /** Numbers at places of the header, each checked against the end. */
    private static final class Reader {
        private final byte[] bytes;

        Reader(byte[] bytes) {
            this.bytes = bytes;
        }

        boolean startsWith(int at, String latin1) {
            byte[] expected = latin1.getBytes(StandardCharsets.ISO_8859_1);
            return bytes.length >= at + expected.length
                    && Arrays.equals(bytes, at, at + expected.length, expected, 0, expected.length);
        }

        long bigEndian(int at, int count) throws ImageException {
            requireBytes(at, count);
            long value = 0;
            for (int i = 0; i < count; i++) {
                value = (value << 8) | (bytes[at + i] & 0xff);
            }
            return value;
        }

        long littleEndian(int at, int count) throws ImageException {
            requireBytes(at, count);
            long value = 0;
            for (int i = count - 1; i >= 0; i--) {
                value = (value << 8) | (bytes[at + i] & 0xff);
            }
            return value;
        }

        void requireWhole(long stated) throws ImageException {
            if (stated > bytes.length) {
                throw new ImageException("truncated: " + bytes.length + " of " + stated + " bytes");
            }
        }

        private void requireBytes(int at, int count) throws ImageException {
            if (at > bytes.length - count) {
                throw truncated();
            }
        }

        ImageException truncated() {
            return new ImageException("truncated: it ends at byte " + bytes.length + ", inside its header");
        }
    }
}
