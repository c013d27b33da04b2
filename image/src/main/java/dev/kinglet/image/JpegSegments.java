package dev.kinglet.image;

import java.io.ByteArrayOutputStream;
import java.util.function.IntPredicate;

/**
 * The segments of a JPEG before the data of its first scan, one after another. Between two segments libjpeg, and so
 * Pillow, passes over any bytes that are no marker: zeros, line feeds, {@code FF 00}. So does this.
 */
final class JpegSegments {
    static final int START_OF_SCAN = 0xda;
    static final int END_OF_IMAGE = 0xd9;
    private static final int MAX_SEGMENTS = 1 << 16; // before the frame header; a photo has some twenty
    private static final int SIGNATURE_BYTES = 2;
    private static final int MARKER_BYTES = 2;
    private static final int LENGTH_BYTES = 2;

    private final byte[] jpeg;
    private int start = SIGNATURE_BYTES;
    private int end = SIGNATURE_BYTES;
    private int steps;

    /** @param jpeg begins with a JPEG's signature */
    JpegSegments(byte[] jpeg) {
        this.jpeg = jpeg;
    }

    /**
     * Goes to the next segment.
     *
     * @return whether there is one whose marker and length are in the file
     * @throws ImageException if there were too many
     */
    boolean next() throws ImageException {
        if (steps++ == MAX_SEGMENTS) {
            throw new ImageException("a JPEG without a frame header in its first " + MAX_SEGMENTS + " segments");
        }
        int at = end;
        while (at < jpeg.length - 1 && !isMarker(at)) {
            at++;
        }
        if (at >= jpeg.length - 1 || (hasBody(at) && at > jpeg.length - MARKER_BYTES - LENGTH_BYTES)) {
            return false;
        }
        start = at;
        end = at + MARKER_BYTES + (hasBody(at) ? Math.max(LENGTH_BYTES, length()) : 0);
        return true;
    }

    private boolean isMarker(int at) {
        return jpeg[at] == (byte) 0xff && jpeg[at + 1] != (byte) 0xff && jpeg[at + 1] != 0; // fill bytes, stuffed ones
    }

    private boolean hasBody(int at) {
        int marker = jpeg[at + 1] & 0xff;
        return marker != 0x01 && (marker < 0xd0 || marker > 0xd7) && marker != END_OF_IMAGE;
    }

    private int length() {
        return (jpeg[start + 2] & 0xff) << 8 | (jpeg[start + 3] & 0xff);
    }

    /** The second byte of the segment's marker, from 1 to 254. */
    int marker() {
        return jpeg[start + 1] & 0xff;
    }

    /** Where its marker is. */
    int start() {
        return start;
    }

    /** Where its body begins, after marker and length. */
    int body() {
        return start + MARKER_BYTES + LENGTH_BYTES;
    }

    /** Where it ends; may be beyond the file. */
    int end() {
        return end;
    }

    /** Whether it is a frame header (SOF), which states the size of the image. */
    boolean isFrame() {
        int marker = marker();
        return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    }

    /** The JPEG without bytes between its segments, of which the native decoder would warn; itself if it has none. */
    static byte[] withoutGaps(byte[] jpeg) throws ImageException {
        JpegSegments segments = new JpegSegments(jpeg);
        int end = SIGNATURE_BYTES;
        while (segments.next()) {
            if (segments.start() != end) {
                return only(jpeg, marker -> true);
            }
            if (segments.marker() == START_OF_SCAN) {
                return jpeg;
            }
            end = segments.end();
        }
        return jpeg;
    }

    /** The JPEG with those segments whose markers are wanted, nothing between them, and its data. */
    static byte[] only(byte[] jpeg, IntPredicate wanted) throws ImageException {
        ByteArrayOutputStream kept = new ByteArrayOutputStream(jpeg.length);
        kept.write(jpeg, 0, SIGNATURE_BYTES);
        JpegSegments segments = new JpegSegments(jpeg);
        while (segments.next()) {
            if (segments.marker() == START_OF_SCAN) {
                kept.write(jpeg, segments.start(), jpeg.length - segments.start());
                return kept.toByteArray();
            }
            if (wanted.test(segments.marker())) {
                int bytes = Math.min(segments.end(), jpeg.length) - segments.start();
                kept.write(jpeg, segments.start(), bytes);
            }
        }
        return jpeg; // it ends before its data, which the decoder finds
    }
}
