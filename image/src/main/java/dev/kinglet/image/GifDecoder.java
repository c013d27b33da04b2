package dev.kinglet.image;

import java.util.Arrays;

/**
 * The first frame of a GIF (GIF89a specification) as Pillow shows it: a transparent color is shown as the color it is,
 * and what the frame leaves of the screen is the transparent color, or the first one of the palette.
 */
final class GifDecoder {
    private static final int EXTENSION = 0x21;
    private static final int GRAPHIC_CONTROL = 0xf9;
    private static final int IMAGE = 0x2c;
    private static final int SCREEN_END = 13;

    private final byte[] gif;
    private final ImageHeader header;
    private final int width;
    private final int height;
    private int at = SCREEN_END;
    private int blockEnd;

    private GifDecoder(byte[] gif, ImageHeader header) {
        this.gif = gif;
        this.header = header;
        this.width = (int) header.width();
        this.height = (int) header.height();
    }

    /**
     * Decodes the first frame.
     *
     * @param header whose size the caller found acceptable
     * @throws ImageException if it is truncated or damaged
     */
    static RgbImage decode(byte[] gif, ImageHeader header) throws ImageException {
        if (gif.length < SCREEN_END) {
            throw truncated(gif);
        }
        return new GifDecoder(gif, header).firstFrame();
    }

    private RgbImage firstFrame() throws ImageException {
        byte[] palette = palette(gif[10]);
        int background = 0;
        for (int block = next(); block != IMAGE; block = next()) {
            if (block != EXTENSION) {
                throw new ImageException("damaged GIF: no frame before byte " + at);
            }
            if (next() == GRAPHIC_CONTROL && at + 4 < gif.length && (gif[at + 1] & 1) != 0) {
                background = gif[at + 4] & 0xff;
            }
            skipBlocks();
        }
        int left = nextShort();
        int top = nextShort();
        int frameWidth = nextShort();
        int frameHeight = nextShort();
        if (left + frameWidth > width || top + frameHeight > height) {
            throw new ImageException("a GIF whose frame leaves its screen of " + width + "x" + height + " pixels");
        }
        int flags = next();
        byte[] local = palette(flags);
        byte[] colors = indices(new ImageHeader(header.format(), frameWidth, frameHeight).room(1));
        byte[] rgb = header.room(3);
        byte[] table = local.length > 0 ? local : palette.length > 0 ? palette : grays();
        byte[] screen = header.room(1);
        Arrays.fill(screen, (byte) background);
        int[] rowOrder = (flags & 0x40) != 0 ? interlaced(frameHeight) : null;
        for (int i = 0; i < frameHeight; i++) {
            int row = rowOrder == null ? i : rowOrder[i];
            System.arraycopy(colors, i * frameWidth, screen, (top + row) * width + left, frameWidth);
        }
        for (int i = 0; i < screen.length; i++) {
            int color = 3 * (screen[i] & 0xff);
            if (color < table.length) { // a color beyond the table is black
                System.arraycopy(table, color, rgb, 3 * i, 3);
            }
        }
        return new RgbImage(width, height, rgb);
    }

    /** A table of colors that the flags before it announce; empty if they announce none. */
    private byte[] palette(int flags) throws ImageException {
        int bytes = (flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1);
        requireBytes(bytes);
        at += bytes;
        return Arrays.copyOfRange(gif, at - bytes, at);
    }

    private static byte[] grays() {
        byte[] table = new byte[3 * 256];
        for (int i = 0; i < table.length; i++) {
            table[i] = (byte) (i / 3);
        }
        return table;
    }

    /** Every eighth row from 0, every eighth from 4, every fourth from 2, every second from 1. */
    private static int[] interlaced(int rows) {
        int[] order = new int[rows];
        int count = 0;
        int[][] passes = {{0, 8}, {4, 8}, {2, 4}, {1, 2}};
        for (int[] pass : passes) {
            for (int row = pass[0]; row < rows; row += pass[1]) {
                order[count++] = row;
            }
        }
        return order;
    }

    /** The frame's colors, put into {@code result} row after row: variable-length LZW codes, least significant bit first. */
    private byte[] indices(byte[] result) throws ImageException {
        int literalBits = next();
        if (literalBits < 1 || literalBits > 8) {
            throw new ImageException("damaged GIF: codes begin with " + literalBits + " bits, not 1 to 8");
        }
        LzwTable table = new LzwTable(literalBits, 0);
        int count = 0;
        int bits = 0;
        int bitCount = 0;
        blockEnd = at;
        while (count < result.length) {
            int codeBits = table.codeBits();
            while (bitCount < codeBits) {
                bits |= nextOfBlocks() << bitCount;
                bitCount += 8;
            }
            int code = bits & ((1 << codeBits) - 1);
            bits >>>= codeBits;
            bitCount -= codeBits;
            if (table.isClear(code)) {
                table.clear();
                continue;
            }
            if (table.isEnd(code) || !table.isDefined(code)) {
                throw new ImageException(
                        "damaged GIF: " + count + " of " + result.length + " pixels before byte " + at);
            }
            count = table.put(code, result, count, result.length);
        }
        return result;
    }

    private int nextOfBlocks() throws ImageException {
        if (at == blockEnd) {
            int bytes = next();
            if (bytes == 0) {
                throw new ImageException("damaged GIF: the frame's data ends early, at byte " + at);
            }
            blockEnd = at + bytes;
        }
        return next();
    }

    private void skipBlocks() throws ImageException {
        for (int bytes = next(); bytes != 0; bytes = next()) {
            requireBytes(bytes);
            at += bytes;
        }
    }

    private int nextShort() throws ImageException {
        return next() | next() << 8;
    }

    private int next() throws ImageException {
        requireBytes(1);
        return gif[at++] & 0xff;
    }

    private void requireBytes(int bytes) throws ImageException {
        if (bytes > gif.length - at) {
            throw truncated(gif);
        }
    }

    private static ImageException truncated(byte[] gif) {
        return new ImageException("truncated GIF: it ends at byte " + gif.length);
    }
}
