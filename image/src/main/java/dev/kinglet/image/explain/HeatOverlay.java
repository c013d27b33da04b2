package dev.kinglet.image.explain;

import dev.kinglet.image.RgbImage;

/**
 * A map drawn over its image: enlarged, colored and blended half and half. Values of 0 and below are black, which darkens
 * the image, the highest one is light yellow. The colors are matplotlib's <em>inferno</em> (van der Walt and Smith, 2015),
 * whose lightness grows evenly with the value, so that the order is seen in gray and by the color-blind too.
 */
public final class HeatOverlay {
    private static final int[] INFERNO = { // at equal distances; between them the colors are interpolated
        0x000004, 0x160B39, 0x420A68, 0x6A176E, 0x932667, 0xBC3754, 0xDD513A, 0xF3771A, 0xFCA50A, 0xF6D645, 0xFCFFA4
    };
    private static final int COLORS = 256;
    private static final byte[] TABLE = table();

    private HeatOverlay() {}

    private static byte[] table() {
        byte[] table = new byte[3 * COLORS];
        for (int i = 0; i < COLORS; i++) {
            double position = (double) i * (INFERNO.length - 1) / (COLORS - 1);
            int before = Math.min((int) position, INFERNO.length - 2);
            for (int channel = 0; channel < 3; channel++) {
                int shift = 16 - 8 * channel;
                int from = INFERNO[before] >> shift & 0xff;
                int to = INFERNO[before + 1] >> shift & 0xff;
                table[3 * i + channel] = (byte) Math.round(from + (to - from) * (position - before));
            }
        }
        return table;
    }

    /**
     * The image with the map over it, of the image's size.
     *
     * @param map over the whole image; one without a value above 0 darkens all of it
     */
    public static RgbImage over(RgbImage image, HeatMap map) {
        float highest = map.highest();
        float scale = highest > 0 ? (COLORS - 1) / highest : 0;
        float[] heat = map.resized(image.height(), image.width()).values();
        byte[] rgb = image.rgb();
        byte[] blended = new byte[rgb.length];
        for (int i = 0; i < heat.length; i++) {
            int color = Math.max(0, Math.min(Math.round(heat[i] * scale), COLORS - 1));
            for (int channel = 0; channel < 3; channel++) {
                int sum = (rgb[3 * i + channel] & 0xff) + (TABLE[3 * color + channel] & 0xff);
                blended[3 * i + channel] = (byte) ((sum + 1) / 2);
            }
        }
        return new RgbImage(image.width(), image.height(), blended);
    }
}
