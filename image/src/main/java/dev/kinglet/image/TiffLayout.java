package dev.kinglet.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The first image of a TIFF (TIFF 6.0), as its directory states it: 8 bits per sample, gray, RGB or of a palette, without
 * compression or with PackBits, LZW or Deflate. Files of other kinds are refused with the reason.
 */
final class TiffLayout {
    /** Values of the field Compression. */
    enum Compression {
        NONE,
        PACK_BITS,
        LZW,
        DEFLATE
    }

    /** Values of the field PhotometricInterpretation. */
    enum Color {
        WHITE_IS_ZERO,
        GRAY,
        RGB,
        PALETTE
    }

    private static final int WIDTH = 256;
    private static final int HEIGHT = 257;
    private static final int BITS_PER_SAMPLE = 258;
    private static final int COMPRESSION = 259;
    private static final int PHOTOMETRIC = 262;
    private static final int FILL_ORDER = 266;
    private static final int STRIP_OFFSETS = 273;
    private static final int ORIENTATION = 274;
    private static final int SAMPLES_PER_PIXEL = 277;
    private static final int ROWS_PER_STRIP = 278;
    private static final int STRIP_BYTES = 279;
    private static final int PLANAR = 284;
    private static final int PREDICTOR = 317;
    private static final int COLOR_MAP = 320;
    private static final int TILE_WIDTH = 322;
    private static final int TILE_HEIGHT = 323;
    private static final int TILE_OFFSETS = 324;
    private static final int TILE_BYTES = 325;
    private static final int EXTRA_SAMPLES = 338;
    private static final int SAMPLE_FORMAT = 339;

    private static final int ENTRY_BYTES = 12;
    private static final int PREMULTIPLIED = 1;
    private static final int COLORS = 256;
    private static final int MAX_TILE_SIDE = 4096; // of a tile that is larger than the image
    private static final int MAX_PIECES = 1 << 20; // more than an image of 89 million pixels has in tiles of 16x16

    private final ByteBuffer tiff;
    private final Map<Integer, Integer> entries = new HashMap<>(); // place of each field's entry

    private TiffLayout(byte[] encoded) throws ImageException {
        this.tiff = ByteBuffer.wrap(encoded).order(encoded[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        int directory = place(unsignedInt(4), 2);
        int count = tiff.getShort(directory) & 0xffff;
        place(directory + 2L, count * (long) ENTRY_BYTES);
        for (int i = 0; i < count; i++) {
            int entry = directory + 2 + i * ENTRY_BYTES;
            entries.putIfAbsent(tiff.getShort(entry) & 0xffff, entry);
        }
        requireKnownKind();
    }

    /** Whether these bytes begin as a TIFF. */
    static boolean isOne(byte[] encoded) {
        return encoded.length >= 4
                && ((encoded[0] == 'I' && encoded[1] == 'I' && encoded[2] == 42 && encoded[3] == 0)
                        || (encoded[0] == 'M' && encoded[1] == 'M' && encoded[2] == 0 && encoded[3] == 42));
    }

    /** @throws ImageException if the directory is damaged, or the image is of a kind that is not read */
    static TiffLayout read(byte[] encoded) throws ImageException {
        return new TiffLayout(encoded);
    }

    private void requireKnownKind() throws ImageException {
        long[] bits = values(BITS_PER_SAMPLE, 1);
        if (Arrays.stream(bits).anyMatch(count -> count != 8)) {
            throw unread(Arrays.stream(bits).max().orElse(1) + " bits per sample");
        }
        if (value(SAMPLE_FORMAT, 1) != 1) {
            throw unread("samples that are not unsigned whole numbers");
        }
        if (value(FILL_ORDER, 1) != 1) {
            throw unread("bits in reverse order");
        }
        if (value(PLANAR, 1) > 2) {
            throw unread("planar configuration " + value(PLANAR, 1));
        }
        Color color = color();
        boolean oneSample = color == Color.PALETTE || color == Color.WHITE_IS_ZERO;
        int least = color == Color.RGB ? 3 : 1;
        if (samples() < least || samples() > (oneSample ? 1 : least + 1)) {
            throw unread(samples() + " samples per pixel");
        }
        if (value(EXTRA_SAMPLES, 0) == PREMULTIPLIED) {
            throw unread("colors multiplied by alpha");
        }
        if (compression() != Compression.NONE && value(PREDICTOR, 1) > 2) {
            throw unread("predictor " + value(PREDICTOR, 1));
        }
    }

    private static ImageException unread(String what) {
        return new ImageException(
                "a TIFF with " + what + "; read are gray, RGB and palettes of 8 bits per sample, without"
                        + " compression or with PackBits, LZW or Deflate");
    }

    long width() throws ImageException {
        return required(WIDTH, "width");
    }

    long height() throws ImageException {
        return required(HEIGHT, "height");
    }

    /** The orientation, from 1, upright, to 8. */
    int orientation() throws ImageException {
        long orientation = value(ORIENTATION, ExifOrientation.UPRIGHT);
        return orientation >= 1 && orientation <= 8 ? (int) orientation : ExifOrientation.UPRIGHT;
    }

    Compression compression() throws ImageException {
        long code = value(COMPRESSION, 1);
        return switch ((int) Math.min(code, Integer.MAX_VALUE)) {
            case 1 -> Compression.NONE;
            case 5 -> Compression.LZW;
            case 8, 32_946 -> Compression.DEFLATE;
            case 32_773 -> Compression.PACK_BITS;
            case 6, 7 -> throw unread("JPEG compression");
            case 2, 3, 4 -> throw unread("fax compression");
            default -> throw unread("compression " + code);
        };
    }

    Color color() throws ImageException {
        long code = required(PHOTOMETRIC, "color space");
        return switch ((int) Math.min(code, Integer.MAX_VALUE)) {
            case 0 -> Color.WHITE_IS_ZERO;
            case 1 -> Color.GRAY;
            case 2 -> Color.RGB;
            case 3 -> Color.PALETTE;
            case 5 -> throw unread("CMYK colors");
            case 6 -> throw unread("YCbCr colors");
            case 8 -> throw unread("Lab colors");
            default -> throw unread("colors of kind " + code);
        };
    }

    int samples() throws ImageException {
        return (int) Math.min(value(SAMPLES_PER_PIXEL, 1), Integer.MAX_VALUE);
    }

    /** Whether each sample has pieces of its own. */
    boolean isPlanar() throws ImageException {
        return value(PLANAR, 1) == 2 && samples() > 1;
    }

    /** Whether a sample is stored as its difference to the pixel on its left. */
    boolean hasPredictor() throws ImageException {
        Compression compression = compression();
        return value(PREDICTOR, 1) == 2 && (compression == Compression.LZW || compression == Compression.DEFLATE);
    }

    boolean isTiled() {
        return entries.containsKey(TILE_WIDTH);
    }

    /** Pixels in a row of a tile, or of a strip. */
    int pieceWidth() throws ImageException {
        return isTiled() ? tileSide(TILE_WIDTH, width()) : (int) width();
    }

    /** Rows of a tile, or of a strip but the last. */
    int pieceHeight() throws ImageException {
        return isTiled()
                ? tileSide(TILE_HEIGHT, height())
                : (int) Math.max(1, Math.min(value(ROWS_PER_STRIP, height()), height()));
    }

    private int tileSide(int tag, long imageSide) throws ImageException {
        long side = required(tag, "size of a tile");
        if (side < 1 || side > Math.max(MAX_TILE_SIDE, imageSide)) {
            throw new ImageException("damaged TIFF: a side of a tile has " + side + " pixels");
        }
        return (int) side;
    }

    /** Where the pieces begin. */
    long[] offsets() throws ImageException {
        return values(isTiled() ? TILE_OFFSETS : STRIP_OFFSETS, -1);
    }

    /** How many bytes the pieces have; not always stated of pieces without compression. */
    long[] byteCounts() throws ImageException {
        return values(isTiled() ? TILE_BYTES : STRIP_BYTES, -1);
    }

    /** Red, green and blue of each color; of 16 bits each has its upper 8, as Pillow takes them. */
    byte[] palette() throws ImageException {
        long[] map = values(COLOR_MAP, -1);
        if (map.length < 3 * COLORS) {
            throw new ImageException("damaged TIFF: its palette has " + map.length + " numbers, not " + 3 * COLORS);
        }
        byte[] palette = new byte[3 * COLORS];
        for (int i = 0; i < COLORS; i++) {
            for (int k = 0; k < 3; k++) {
                palette[3 * i + k] = (byte) (map[k * COLORS + i] >> 8);
            }
        }
        return palette;
    }

    private long required(int tag, String what) throws ImageException {
        if (!entries.containsKey(tag)) {
            throw new ImageException("damaged TIFF: its directory does not state its " + what);
        }
        return value(tag, 0);
    }

    private long value(int tag, long byDefault) throws ImageException {
        long[] values = values(tag, byDefault, 1);
        return values.length == 0 ? byDefault : values[0];
    }

    private long[] values(int tag, long byDefault) throws ImageException {
        return values(tag, byDefault, MAX_PIECES);
    }

    /** The first numbers of a field; the default, if it is not negative, where there is no such field. */
    private long[] values(int tag, long byDefault, int most) throws ImageException {
        Integer entry = entries.get(tag);
        if (entry == null) {
            return byDefault < 0 ? new long[0] : new long[] {byDefault};
        }
        int type = tiff.getShort(entry + 2) & 0xffff;
        int bytes = switch (type) {
            case 1 -> 1;
            case 3 -> 2;
            case 4 -> 4;
            default -> throw new ImageException("damaged TIFF: its field " + tag + " is of type " + type);
        };
        long count = unsignedInt(entry + 4);
        int at = count * bytes <= 4 ? entry + 8 : place(unsignedInt(entry + 8), count * bytes);
        long[] values = new long[(int) Math.min(count, most)];
        for (int i = 0; i < values.length; i++) {
            values[i] = switch (bytes) {
                case 1 -> tiff.get(at + i) & 0xff;
                case 2 -> tiff.getShort(at + 2 * i) & 0xffff;
                default -> unsignedInt(at + 4 * i);
            };
        }
        return values;
    }

    private long unsignedInt(int at) throws ImageException {
        return tiff.getInt(place(at, 4)) & 0xffffffffL;
    }

    /** The place of so many bytes, which the file has. */
    int place(long at, long bytes) throws ImageException {
        if (at < 0 || bytes < 0 || at > tiff.limit() - bytes) {
            throw new ImageException(
                    "truncated TIFF: it ends at byte " + tiff.limit() + " of at least " + (at + bytes));
        }
        return (int) at;
    }
}
