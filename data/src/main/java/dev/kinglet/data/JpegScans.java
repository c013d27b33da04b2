package dev.kinglet.data;

/**
 * How often a JPEG's pixels are gone over. A scan that changes nothing takes a hundred bytes of a file and the time of
 * its whole picture, so a small file could keep a decoder busy for hours; once begun, decoding is not interrupted.
 */
final class JpegScans {
    private static final int SCANS_OF_THE_LARGEST =
            16; // progressive ones have 10 by libjpeg's script, and a thumbnail's
    private static final int MOST_SCANS = 1_000;
    private static final byte START_OF_SCAN = (byte) 0xda;

    private JpegScans() {}

    /**
     * Lets through what takes about as long as the largest picture allowed, and no longer: smaller ones may have more
     * scans.
     *
     * @throws ImageException if there are more
     */
    static void requireFew(byte[] jpeg, ImageHeader header, long maxPixels) throws ImageException {
        int scans = count(jpeg);
        long most = Math.min(MOST_SCANS, SCANS_OF_THE_LARGEST * maxPixels / (header.width() * header.height()));
        if (scans > most) {
            throw new ImageException("a JPEG of " + scans + " scans: at most " + most + " are allowed where there are "
                    + header.width() + "x" + header.height() + " pixels");
        }
    }

    /** Markers that begin a scan, wherever they stand: those of a thumbnail count, and none is missed. */
    private static int count(byte[] jpeg) {
        int scans = 0;
        for (int i = 1; i < jpeg.length; i++) {
            if (jpeg[i] == START_OF_SCAN && jpeg[i - 1] == (byte) 0xff) {
                scans++;
            }
        }
        return scans;
    }
}
