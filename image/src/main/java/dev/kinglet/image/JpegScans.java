package dev.kinglet.image;

/**
 * The number of scans of a JPEG, each of which goes over all its pixels. A scan that changes nothing takes a hundred bytes of a file and the time of
 * its whole image, so a small file could keep a decoder busy for hours; once begun, decoding is not interrupted.
 */
final class JpegScans {
    private static final int SCANS_OF_THE_LARGEST = 16; // by libjpeg's script, progressive ones have 10
    private static final int MAX_SCANS = 1_000;
    private static final int BASELINE = 0xc0;
    private static final int EXTENDED = 0xc1; // sequential too
    private static final int NONE = 256; // what no byte is
    private static final int START_OF_SCAN = 0xda;
    private static final int END_OF_IMAGE = 0xd9;

    private JpegScans() {}

    /**
     * Lets through what takes about as long as the largest image allowed, and no longer: smaller ones may have more
     * scans.
     *
     * @throws ImageException if there are more
     */
    static void requireFew(byte[] jpeg, ImageHeader header, long maxPixels) throws ImageException {
        int scans = count(jpeg);
        long most = Math.min(MAX_SCANS, SCANS_OF_THE_LARGEST * maxPixels / (header.width() * header.height()));
        if (scans > most) {
            throw new ImageException("a JPEG of " + scans + " scans: at most " + most + " are allowed where there are "
                    + header.width() + "x" + header.height() + " pixels");
        }
    }

    /**
     * Scans up to the end of the image: not those of a thumbnail in a segment, nor what looks like one in a film that
     * follows the image. A sequential JPEG whose first scan has all components is over with it, for libjpeg
     * decodes no other; its data is not looked through.
     */
    static int count(byte[] jpeg) {
        int scans = 0;
        int sequentialComponents = NONE;
        int at = 2;
        while (at < jpeg.length - 1) {
            int marker = jpeg[at + 1] & 0xff;
            if (jpeg[at] != (byte) 0xff || marker == 0xff || marker == 0) { // data of a scan, or a fill byte
                at++;
            } else if (marker == END_OF_IMAGE) {
                return scans;
            } else if (marker == START_OF_SCAN && at < jpeg.length - 4 && jpeg[at + 4] == sequentialComponents) {
                return scans + 1;
            } else if (hasLength(marker) && at < jpeg.length - 3) {
                scans += marker == START_OF_SCAN ? 1 : 0;
                if (scans == 0 && (marker == BASELINE || marker == EXTENDED) && at < jpeg.length - 9) {
                    sequentialComponents = jpeg[at + 9];
                }
                at += 2 + ((jpeg[at + 2] & 0xff) << 8 | (jpeg[at + 3] & 0xff));
            } else {
                at += 2;
            }
        }
        return scans;
    }

    /** Whether the end of the image is marked, as it is not where a file was truncated. */
    static boolean isEnded(byte[] jpeg) {
        int at = 2;
        while (at < jpeg.length - 1) {
            int marker = jpeg[at + 1] & 0xff;
            if (jpeg[at] != (byte) 0xff || marker == 0xff || marker == 0) {
                at++;
            } else if (marker == END_OF_IMAGE) {
                return true;
            } else {
                boolean body = hasLength(marker) && at < jpeg.length - 3;
                at += 2 + (body ? (jpeg[at + 2] & 0xff) << 8 | (jpeg[at + 3] & 0xff) : 0);
            }
        }
        return false;
    }

    /** Of these libjpeg steps over the body; of others it does not, and so they do not hide what follows. */
    private static boolean hasLength(int marker) {
        return marker >= 0xc0 && (marker < 0xd0 || marker > END_OF_IMAGE) && (marker < 0xf0 || marker == 0xfe);
    }
}
