package dev.kinglet.image;

import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The first image of a TIFF as Pillow decodes it. Alpha is dropped. A piece whose data ends early is refused, where the
 * readers of the JDK would fill it up, and OpenCV's would multiply colors by alpha.
 */
final class TiffDecoder {
    private final byte[] tiff;
    private final TiffLayout layout;
    private final ImageHeader header;
    private final int width;
    private final int height;
    private final int stored; // samples of a pixel in one piece
    private final TiffLayout.Compression compression;
    private final boolean hasPredictor;
    private final byte[] piece;

    private TiffDecoder(byte[] tiff, ImageHeader header) throws ImageException {
        this.tiff = tiff;
        this.layout = TiffLayout.read(tiff);
        this.header = header;
        this.width = (int) header.width();
        this.height = (int) header.height();
        this.stored = layout.isPlanar() ? 1 : layout.samples();
        this.compression = layout.compression();
        this.hasPredictor = layout.hasPredictor();
        this.piece = new ImageHeader(
                        header.format(), layout.pieceWidth(), Math.min(layout.pieceHeight(), header.height()))
                .room(stored);
    }

    /**
     * Decodes the image.
     *
     * @param header whose size the caller found acceptable
     * @throws ImageException if it is truncated or damaged, or the heap has no room for it
     */
    static RgbImage decode(byte[] tiff, ImageHeader header) throws ImageException {
        return new TiffDecoder(tiff, header).image();
    }

    private RgbImage image() throws ImageException {
        TiffLayout.Color color = layout.color();
        int channels = color == TiffLayout.Color.RGB ? 3 : 1;
        byte[] samples = samples(channels);
        byte[] rgb = channels == 3 ? samples : colored(samples, color);
        return new RgbImage(width, height, rgb);
    }

    private byte[] colored(byte[] samples, TiffLayout.Color color) throws ImageException {
        byte[] palette = color == TiffLayout.Color.PALETTE ? layout.palette() : new byte[0];
        byte[] rgb = header.room(3);
        for (int i = 0; i < samples.length; i++) {
            if (color == TiffLayout.Color.PALETTE) {
                System.arraycopy(palette, 3 * (samples[i] & 0xff), rgb, 3 * i, 3);
                continue;
            }
            byte gray = color == TiffLayout.Color.WHITE_IS_ZERO ? (byte) ~samples[i] : samples[i];
            rgb[3 * i] = gray;
            rgb[3 * i + 1] = gray;
            rgb[3 * i + 2] = gray;
        }
        return rgb;
    }

    /** The first samples of each pixel, {@code [height, width, channels]}, put together from strips or tiles. */
    private byte[] samples(int channels) throws ImageException {
        byte[] samples = header.room(channels);
        long[] offsets = layout.offsets();
        long[] byteCounts = layout.byteCounts();
        int pieceWidth = layout.pieceWidth();
        int pieceHeight = layout.pieceHeight();
        int index = 0;
        for (int plane = 0; plane < (layout.isPlanar() ? channels : 1); plane++) {
            for (int top = 0; top < height; top += pieceHeight) {
                int rows = Math.min(pieceHeight, height - top);
                for (int left = 0; left < width; left += pieceWidth) {
                    if (index >= offsets.length) {
                        throw new ImageException("damaged TIFF: it has only " + offsets.length + " strips or tiles");
                    }
                    read(
                            offsets[index],
                            index < byteCounts.length ? byteCounts[index] : -1,
                            rows * pieceWidth * stored);
                    int columns = Math.min(pieceWidth, width - left);
                    for (int row = 0; row < rows; row++) {
                        int from = row * pieceWidth * stored;
                        if (hasPredictor) {
                            sum(from, pieceWidth * stored);
                        }
                        int to = ((top + row) * width + left) * channels + plane;
                        copy(from, samples, to, columns, channels);
                    }
                    index++;
                }
            }
        }
        return samples;
    }

    private void copy(int from, byte[] samples, int to, int columns, int channels) {
        if (stored == channels) {
            System.arraycopy(piece, from, samples, to, columns * channels);
            return;
        }
        int copied = Math.min(stored, channels); // alpha stays behind; of planes, one
        for (int i = 0; i < columns; i++) {
            System.arraycopy(piece, from + i * stored, samples, to + i * channels, copied);
        }
    }

    private void sum(int from, int count) {
        for (int i = from + stored; i < from + count; i++) {
            piece[i] += piece[i - stored];
        }
    }

    /** Decompresses a piece's first {@code count} samples. */
    private void read(long offset, long byteCount, int count) throws ImageException {
        if (compression == TiffLayout.Compression.NONE) {
            System.arraycopy(tiff, layout.place(offset, count), piece, 0, count);
            return;
        }
        if (byteCount < 0) {
            throw new ImageException("damaged TIFF: it does not state how many bytes its strips or tiles have");
        }
        int from = layout.place(offset, byteCount);
        int end = from + (int) byteCount;
        int read = switch (compression) {
            case NONE -> count; // above
            case PACK_BITS -> unpack(from, end, count);
            case LZW -> new Lzw(from, end).read(count);
            case DEFLATE -> inflate(from, end, count);
        };
        if (read < count) {
            throw new ImageException(
                    "damaged TIFF: the data at byte " + offset + " ends after " + read + " of " + count + " samples");
        }
    }

    private int unpack(int from, int end, int count) {
        int read = 0;
        int at = from;
        while (read < count && at < end) {
            int length = tiff[at++];
            if (length >= 0) {
                int copied = Math.min(Math.min(length + 1, count - read), end - at);
                System.arraycopy(tiff, at, piece, read, copied);
                at += copied;
                read += copied;
            } else if (length > Byte.MIN_VALUE && at < end) {
                for (int i = Math.min(1 - length, count - read); i > 0; i--) {
                    piece[read++] = tiff[at];
                }
                at++;
            }
        }
        return read;
    }

    private int inflate(int from, int end, int count) throws ImageException {
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(tiff, from, end - from);
            int read = 0;
            while (read < count) {
                int more = inflater.inflate(piece, read, count - read);
                if (more == 0) {
                    break; // the end, or no more input
                }
                read += more;
            }
            return read;
        } catch (DataFormatException e) {
            throw new ImageException("damaged TIFF: " + e.getMessage(), e);
        } finally {
            inflater.end();
        }
    }

    /** Variable-length codes of 9 to 12 bits, most significant bit first; a length ends one code early (TIFF 6.0, section 13). */
    private final class Lzw {
        private final int end;
        private int at;
        private int bits;
        private int bitCount;

        Lzw(int from, int end) {
            this.at = from;
            this.end = end;
        }

        /** How many of the samples could be read. */
        int read(int count) throws ImageException {
            LzwTable table = new LzwTable(8, 1);
            int read = 0;
            while (read < count) {
                int code = next(table.codeBits());
                if (code < 0 || table.isEnd(code)) {
                    return read;
                }
                if (table.isClear(code)) {
                    table.clear();
                    continue;
                }
                if (!table.isDefined(code)) {
                    throw new ImageException("damaged TIFF: a code before byte " + at + " is not defined yet");
                }
                read = table.put(code, piece, read, count);
            }
            return read;
        }

        /** The next code; -1 at the end. */
        private int next(int codeBits) {
            while (bitCount < codeBits) {
                if (at == end) {
                    return -1;
                }
                bits = bits << 8 | (tiff[at++] & 0xff);
                bitCount += 8;
            }
            bitCount -= codeBits;
            return (bits >>> bitCount) & ((1 << codeBits) - 1);
        }
    }
}
