package dev.kinglet.image;

/** The chunks of a WebP file (RFC 9649, section 2.3: type, length, body, a byte where the length is odd). */
final class WebpChunks {
    private static final int FIRST = 12; // after RIFF, the length of it all, and WEBP
    private static final int HEADER_BYTES = 8;
    private static final int MAX_CHUNKS = 1 << 16; // each frame of an animation is one

    private WebpChunks() {}

    /**
     * All frames of an animation are listed before the first is decoded, so there may not be any number of them.
     *
     * @throws ImageException if there are too many
     */
    static void requireFew(byte[] webp) throws ImageException {
        long at = FIRST;
        for (int chunks = 0; at + HEADER_BYTES <= webp.length; chunks++) {
            if (chunks == MAX_CHUNKS) {
                throw new ImageException("a WebP file of more than " + MAX_CHUNKS + " frames and other chunks");
            }
            int length = (int) at + 4;
            long bytes = (webp[length] & 0xffL)
                    | (webp[length + 1] & 0xffL) << 8
                    | (webp[length + 2] & 0xffL) << 16
                    | (webp[length + 3] & 0xffL) << 24;
            at += HEADER_BYTES + bytes + (bytes & 1);
        }
    }
}
