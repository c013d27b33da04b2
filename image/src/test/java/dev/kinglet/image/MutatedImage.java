package dev.kinglet.image;

import dev.kinglet.image.samples.RecordedPixels;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.zip.CRC32;

/** One of the recorded images, corrupted; seed and number alone determine how. */
final class MutatedImage {
    /** An image as it is. */
    static final class Source {
        private final String file;
        private final byte[] bytes;

        private Source(String file, byte[] bytes) {
            this.file = file;
            this.bytes = bytes;
        }

        private ImageHeader.Format format() throws ImageException {
            return ImageHeader.read(bytes).format();
        }
    }

    private enum Kind {
        FLIPPED_BITS,
        TRUNCATED,
        SWAPPED_HEADER,
        GIANT,
        MOVED_PIECE
    }

    private static final int PNG_SIGNATURE_BYTES = 8;
    private static final int[] SIDES = {0, 1, 255, 4_096, 9_000, 9_459, 16_383, 30_000, 65_535, 1 << 24, 1 << 30, -1};

    private final String description;
    private final byte[] bytes;

    private MutatedImage(String description, byte[] bytes) {
        this.description = description;
        this.bytes = bytes;
    }

    /** The image's file and what was done to it. */
    String description() {
        return description;
    }

    /** Encoded; perhaps not an image any more. */
    byte[] bytes() {
        return bytes;
    }

    /** Every recorded image. */
    static List<Source> sources() throws IOException {
        RecordedPixels drawn = RecordedPixels.drawn();
        List<Source> sources = new ArrayList<>();
        for (RecordedPixels.Recorded image : drawn.images()) {
            sources.add(new Source(image.file(), drawn.bytes(image.file())));
        }
        return sources;
    }

    /** The kinds and the sources take turns. */
    static MutatedImage of(long seed, int number, List<Source> sources) throws ImageException {
        RandomGenerator random = new SplittableRandom(31 * seed + number);
        Kind kind = Kind.values()[number % Kind.values().length];
        Source source = sources.get(number / Kind.values().length % sources.size());
        byte[] bytes = source.bytes.clone();
        byte[] corrupted = switch (kind) {
            case FLIPPED_BITS -> flipped(bytes, random);
            case TRUNCATED -> Arrays.copyOf(bytes, random.nextInt(bytes.length));
            case SWAPPED_HEADER -> swapped(bytes, sources.get(random.nextInt(sources.size())), random);
            case GIANT -> giant(bytes, source.format(), side(random), side(random));
            case MOVED_PIECE -> moved(bytes, random);
        };
        // a PNG whose checksums are right again gets further
        boolean mended = source.format() == ImageHeader.Format.PNG && (kind == Kind.GIANT || random.nextBoolean());
        if (mended) {
            mendChecksums(corrupted);
        }
        return new MutatedImage(source.file + " " + kind + (mended ? ", checksums mended" : ""), corrupted);
    }

    /** One bit to sixty-four, anywhere or near the beginning. */
    private static byte[] flipped(byte[] bytes, RandomGenerator random) {
        int reach = random.nextBoolean() ? bytes.length : Math.min(bytes.length, 700);
        for (int flips = 1 << random.nextInt(7); flips > 0; flips--) {
            bytes[random.nextInt(reach)] ^= (byte) (1 << random.nextInt(8));
        }
        return bytes;
    }

    /** The first bytes are another image's. */
    private static byte[] swapped(byte[] bytes, Source other, RandomGenerator random) {
        int most = Math.min(bytes.length, other.bytes.length);
        System.arraycopy(
                other.bytes, 0, bytes, 0, Math.min(most, 2 + random.nextInt(random.nextBoolean() ? 64 : most)));
        return bytes;
    }

    /** A piece is written over another place: segments and chunks come twice, or in the wrong order. */
    private static byte[] moved(byte[] bytes, RandomGenerator random) {
        int length = 1 + random.nextInt(bytes.length);
        int from = random.nextInt(bytes.length - length + 1);
        int to = random.nextInt(bytes.length - length + 1);
        System.arraycopy(bytes, from, bytes, to, length);
        return bytes;
    }

    private static int side(RandomGenerator random) {
        return SIDES[random.nextInt(SIDES.length)];
    }

    /** The header, and with WebP every header, states another size. */
    private static byte[] giant(byte[] bytes, ImageHeader.Format format, int width, int height) {
        switch (format) {
            case PNG -> {
                bigEndian(bytes, 16, 4, width);
                bigEndian(bytes, 20, 4, height);
            }
            case GIF -> {
                littleEndian(bytes, 6, 2, width);
                littleEndian(bytes, 8, 2, height);
                int frame = 13 + ((bytes[10] & 0x80) == 0 ? 0 : 3 << ((bytes[10] & 7) + 1));
                while (bytes[frame] == 0x21) { // extensions
                    frame += 2;
                    while (bytes[frame] != 0) {
                        frame += 1 + (bytes[frame] & 0xff);
                    }
                    frame++;
                }
                littleEndian(bytes, frame + 1, 4, 0);
                littleEndian(bytes, frame + 5, 2, width);
                littleEndian(bytes, frame + 7, 2, height);
            }
            case BMP -> {
                littleEndian(bytes, 18, 4, width);
                littleEndian(bytes, 22, 4, height);
            }
            case JPEG -> {
                for (int at = 2;
                        at + 9 < bytes.length;
                        at += 2 + ((bytes[at + 2] & 0xff) << 8 | (bytes[at + 3] & 0xff))) {
                    if ((bytes[at + 1] & 0xff) >= 0xc0 && (bytes[at + 1] & 0xff) <= 0xc2) {
                        bigEndian(bytes, at + 5, 2, height);
                        bigEndian(bytes, at + 7, 2, width);
                        break;
                    }
                }
            }
            case TIFF -> {
                ByteBuffer tiff =
                        ByteBuffer.wrap(bytes).order(bytes[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
                for (int entry = tiff.getInt(4) + 2; tiff.getShort(entry) <= 257; entry += 12) {
                    tiff.putShort(entry + 2, (short) 4); // a LONG
                    tiff.putInt(entry + 8, tiff.getShort(entry) == 256 ? width : height);
                }
            }
            case WEBP -> {
                for (int at = 12; at + 18 < bytes.length; ) {
                    String type = new String(bytes, at, 4, StandardCharsets.ISO_8859_1);
                    int length = ByteBuffer.wrap(bytes)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .getInt(at + 4);
                    switch (type) {
                        case "VP8X" -> {
                            littleEndian(bytes, at + 12, 3, width - 1);
                            littleEndian(bytes, at + 15, 3, height - 1);
                        }
                        case "ANMF" -> {
                            littleEndian(bytes, at + 14, 3, width - 1);
                            littleEndian(bytes, at + 17, 3, height - 1);
                            length = 16; // its own chunks follow
                        }
                        case "VP8 " -> {
                            littleEndian(bytes, at + 14, 2, width & 0x3fff);
                            littleEndian(bytes, at + 16, 2, height & 0x3fff);
                        }
                        case "VP8L" ->
                            littleEndian(bytes, at + 9, 4, ((width - 1) & 0x3fff) | ((height - 1) & 0x3fff) << 14);
                        default -> {}
                    }
                    at += 8 + length + (length & 1);
                }
            }
        }
        return bytes;
    }

    private static void bigEndian(byte[] bytes, int at, int count, int value) {
        for (int i = 0; i < count; i++) {
            bytes[at + i] = (byte) (value >> (8 * (count - 1 - i)));
        }
    }

    private static void littleEndian(byte[] bytes, int at, int count, int value) {
        for (int i = 0; i < count; i++) {
            bytes[at + i] = (byte) (value >> (8 * i));
        }
    }

    /** As far as there are whole chunks. */
    private static void mendChecksums(byte[] png) {
        ByteBuffer chunks = ByteBuffer.wrap(png);
        int at = PNG_SIGNATURE_BYTES;
        while (at <= png.length - 12) {
            int length = chunks.getInt(at);
            if (length < 0 || length > png.length - at - 12) {
                return;
            }
            CRC32 checksum = new CRC32();
            checksum.update(png, at + 4, length + 4);
            chunks.putInt(at + 8 + length, (int) checksum.getValue());
            at += length + 12;
        }
    }
}
