package dev.kinglet.image;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.zip.CRC32;

/**
 * A PNG reduced to the chunks that make its pixels (PNG specification, section 5.3: length, type, body, checksum). What
 * goes are text and color profiles, which no pixel depends on here, transparency, which is dropped anyway, and the frames
 * of an animation, so that the image is the still one that stands for it.
 */
final class PngChunks {
    private static final int SIGNATURE_BYTES = 8;
    private static final int AROUND_BODY_BYTES = 12; // length, type and checksum
    private static final int MAX_CHUNKS = 1 << 17; // 256 MiB in pieces of 2 KiB
    private static final Set<String> PIXELS = Set.of("IHDR", "PLTE", "IDAT", "IEND");

    private PngChunks() {}

    /** @throws ImageException if it is truncated, has too many chunks, or one of pixels does not have its checksum */
    static byte[] pixelsOnly(byte[] png) throws ImageException {
        ByteArrayOutputStream kept = new ByteArrayOutputStream(png.length);
        kept.write(png, 0, SIGNATURE_BYTES);
        int at = SIGNATURE_BYTES;
        boolean hasPixels = false;
        for (int chunks = 0; chunks < MAX_CHUNKS; chunks++) {
            long length = png.length - at < AROUND_BODY_BYTES ? Long.MAX_VALUE : unsignedInt(png, at);
            if (length > png.length - at - AROUND_BODY_BYTES) {
                throw new ImageException(
                        "truncated PNG: it ends at byte " + png.length + ", inside the chunk that begins at " + at);
            }
            int whole = (int) length + AROUND_BODY_BYTES;
            String type = new String(png, at + 4, 4, StandardCharsets.ISO_8859_1);
            if (PIXELS.contains(type)) {
                CRC32 checksum = new CRC32();
                checksum.update(png, at + 4, whole - 8);
                if (checksum.getValue() != unsignedInt(png, at + whole - 4)) {
                    throw new ImageException(
                            "damaged PNG: the " + type + " chunk at byte " + at + " does not have its checksum");
                }
                kept.write(png, at, whole);
                hasPixels |= type.equals("IDAT");
            }
            if (type.equals("IHDR") != (at == SIGNATURE_BYTES) || (type.equals("IEND") && !hasPixels)) {
                throw new ImageException("damaged PNG: header, pixels and end are expected in this order, not " + type
                        + " at byte " + at);
            }
            if (type.equals("IEND")) {
                return kept.toByteArray();
            }
            at += whole;
        }
        throw new ImageException("a PNG of more than " + MAX_CHUNKS + " chunks");
    }

    private static long unsignedInt(byte[] bytes, int at) {
        return (bytes[at] & 0xffL) << 24
                | (bytes[at + 1] & 0xff) << 16
                | (bytes[at + 2] & 0xff) << 8
                | (bytes[at + 3] & 0xff);
    }
}
