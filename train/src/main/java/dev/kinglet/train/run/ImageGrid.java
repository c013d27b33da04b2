package dev.kinglet.train.run;

import dev.kinglet.image.Resampler;
import dev.kinglet.image.RgbImage;
import dev.kinglet.network.Interpolation;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import javax.imageio.ImageIO;

/**
 * Images side by side with one or two lines of text under each.
 *
 * @param title above them
 * @param columns images per row
 */
public record ImageGrid(String title, int columns, List<Cell> cells) {
    /**
     * One of the images.
     *
     * @param first line under it
     * @param second line; may be empty
     * @param mark its color
     */
    public record Cell(RgbImage image, String first, String second, Mark mark) {}

    /** Color of an image's text and frame. */
    public enum Mark {
        NONE(new Color(0x22262B)),
        RIGHT(new Color(0x1F5FA8)),
        WRONG(new Color(0xC8371B));

        @SuppressWarnings("ImmutableEnumChecker") // a color never changes
        private final Color ink;

        Mark(Color ink) {
            this.ink = ink;
        }
    }

    private static final int PIXELS = 128; // longer side of an image
    private static final int GAP = 10;
    private static final int LINE = 16;
    private static final int TITLE = 44;
    private static final int FRAME = 4;

    /** The whole grid, encoded. */
    public byte[] toPng() {
        return png(draw());
    }

    /** An image as small as in a grid: a PNG of few pixels, or else a JPEG. */
    static byte[] thumbnail(RgbImage image) {
        BufferedImage small = image(image);
        return Math.max(small.getWidth(), small.getHeight()) <= PIXELS / 2 ? png(small) : Jpeg.of(small);
    }

    private static byte[] png(BufferedImage image) {
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", png);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // memory has nothing to fail with
        }
        return png.toByteArray();
    }

    private BufferedImage draw() {
        int rows = (cells.size() + columns - 1) / columns;
        int width = columns * (PIXELS + GAP) + GAP;
        int height = TITLE + rows * (PIXELS + 2 * LINE + GAP) + GAP;
        BufferedImage grid = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = grid.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        g.setColor(Color.WHITE);
        g.fillRect(0, 0, width, height);
        g.setColor(Mark.NONE.ink);
        g.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 18));
        g.drawString(fitting(title, g.getFontMetrics(), width - 2 * GAP), GAP, 28);
        g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
        for (int i = 0; i < cells.size(); i++) {
            int left = GAP + i % columns * (PIXELS + GAP);
            int top = TITLE + i / columns * (PIXELS + 2 * LINE + GAP);
            draw(g, cells.get(i), left, top);
        }
        g.dispose();
        return grid;
    }

    private static void draw(Graphics2D g, Cell cell, int left, int top) {
        BufferedImage image = image(cell.image);
        double scale = (double) PIXELS / Math.max(image.getWidth(), image.getHeight());
        int width = Math.max(1, (int) Math.round(scale * image.getWidth()));
        int height = Math.max(1, (int) Math.round(scale * image.getHeight()));
        int x = left + (PIXELS - width) / 2;
        int y = top + (PIXELS - height) / 2;
        g.drawImage(image, x, y, width, height, null); // small ones enlarged pixel by pixel
        g.setColor(cell.mark.ink);
        if (cell.mark == Mark.WRONG) {
            g.setStroke(new BasicStroke(FRAME));
            g.drawRect(left, top, PIXELS, PIXELS);
        }
        FontMetrics metrics = g.getFontMetrics();
        g.drawString(fitting(cell.first, metrics, PIXELS), left, top + PIXELS + LINE);
        g.drawString(fitting(cell.second, metrics, PIXELS), left, top + PIXELS + 2 * LINE);
    }

    private static BufferedImage image(RgbImage image) {
        RgbImage small = image;
        int longer = Math.max(image.width(), image.height());
        if (longer > PIXELS) {
            small = Resampler.resize(
                    image,
                    Math.max(1, PIXELS * image.width() / longer),
                    Math.max(1, PIXELS * image.height() / longer),
                    Interpolation.BILINEAR);
        }
        BufferedImage thumbnail = new BufferedImage(small.width(), small.height(), BufferedImage.TYPE_INT_RGB);
        byte[] rgb = small.rgb();
        for (int i = 0; i < rgb.length; i += 3) {
            int color = (rgb[i] & 0xff) << 16 | (rgb[i + 1] & 0xff) << 8 | (rgb[i + 2] & 0xff);
            thumbnail.setRGB(i / 3 % small.width(), i / 3 / small.width(), color);
        }
        return thumbnail;
    }

    /** The text, or as much of it as there is room for. */
    private static String fitting(String text, FontMetrics metrics, int pixels) {
        String shown = text;
        while (metrics.stringWidth(shown) > pixels && shown.length() > 2) {
            shown = shown.substring(0, shown.length() - 2) + "…";
        }
        return shown;
    }
}
