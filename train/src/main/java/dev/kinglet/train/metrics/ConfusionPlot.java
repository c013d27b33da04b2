package dev.kinglet.train.metrics;

import dev.kinglet.base.Plural;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;

/**
 * A confusion matrix as an image. Each row is shaded by its own fractions, so that small classes are seen as well as
 * large ones: correct predictions in blue, wrong ones in red. Of many classes, the most confused ones are drawn, with
 * another row and column for all others.
 */
final class ConfusionPlot {
    private static final int PIXELS = 1900; // for all cells of a large matrix
    private static final int MAX_CELL = 64;
    private static final int MIN_COUNTED_CELL = 15;
    private static final int MAX_CLASSES = 100; // of more, only some are drawn
    private static final int MAX_DRAWN = 40; // of those
    private static final String OTHERS = "(other classes)";
    private static final int MAX_LABEL_LENGTH = 24;
    private static final int GAP = 8;
    private static final int MIN_WIDTH = 640; // of the title's lines
    private static final int TITLE = 62;
    private static final Color RIGHT = new Color(0x1F5FA8);
    private static final Color WRONG = new Color(0xC8371B);
    private static final Color INK = new Color(0x22262B);
    private static final Color FAINT = new Color(0x6B7280);
    private static final Color GRID = new Color(0xE3E6EA);

    private final ConfusionMatrix whole;
    private final ConfusionMatrix matrix; // as drawn
    private final int classes;
    private final int cell;
    private final Font labelFont;
    private final Font countFont;

    private ConfusionPlot(ConfusionMatrix matrix) {
        this.whole = matrix;
        this.matrix = matrix.labels().size() > MAX_CLASSES ? mostConfused(matrix) : matrix;
        this.classes = this.matrix.labels().size();
        this.cell = Math.min(MAX_CELL, PIXELS / classes);
        this.labelFont = new Font(Font.SANS_SERIF, Font.PLAIN, Math.max(9, Math.min(16, cell * 3 / 4)));
        this.countFont = new Font(Font.SANS_SERIF, Font.PLAIN, Math.max(8, Math.min(16, cell / 2)));
    }

    /** The classes with the most wrong predictions, of them or as them, in their order; then all others together. */
    private static ConfusionMatrix mostConfused(ConfusionMatrix matrix) {
        int all = matrix.labels().size();
        long[] confusions = new long[all];
        for (int truth = 0; truth < all; truth++) {
            for (int predicted = 0; predicted < all; predicted++) {
                if (truth != predicted) {
                    confusions[truth] += matrix.count(truth, predicted);
                    confusions[predicted] += matrix.count(truth, predicted);
                }
            }
        }
        int[] drawn = IntStream.range(0, all)
                .boxed()
                .sorted(Comparator.comparingLong((Integer c) -> -confusions[c])
                        .thenComparingLong(c -> -matrix.images(c)))
                .limit(MAX_DRAWN)
                .mapToInt(Integer::intValue)
                .sorted()
                .toArray();
        int[] position = new int[all];
        Arrays.fill(position, drawn.length);
        List<String> labels = new ArrayList<>();
        for (int c : drawn) {
            position[c] = labels.size();
            labels.add(matrix.labels().get(c));
        }
        labels.add(OTHERS);
        int[][] counts = new int[labels.size()][labels.size()];
        for (int truth = 0; truth < all; truth++) {
            for (int predicted = 0; predicted < all; predicted++) {
                counts[position[truth]][position[predicted]] += matrix.count(truth, predicted);
            }
        }
        counts[drawn.length][drawn.length] = 0; // correct and wrong ones together, which has no meaning
        return new ConfusionMatrix(labels, counts);
    }

    static byte[] png(ConfusionMatrix matrix) {
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        try {
            ImageIO.write(new ConfusionPlot(matrix).draw(), "png", png);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // memory has nothing to fail with
        }
        return png.toByteArray();
    }

    private BufferedImage draw() {
        int margin = longestLabel() + 2 * GAP;
        int side = classes * cell;
        int left = margin + 24; // and the name of the axis
        int top = TITLE + 24 + margin;
        BufferedImage image = new BufferedImage(
                Math.max(left + side + 2 * GAP, MIN_WIDTH), top + side + 2 * GAP, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = image.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        g.setColor(Color.WHITE);
        g.fillRect(0, 0, image.getWidth(), image.getHeight());
        title(g);
        axes(g, left, top, side);
        g.translate(left, top);
        cells(g);
        labels(g);
        g.dispose();
        return image;
    }

    private void title(Graphics2D g) {
        long images = whole.images();
        g.setColor(INK);
        g.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 18));
        g.drawString(
                images == 0
                        ? "no images"
                        : whole.correct() + " of " + Plural.of(images, "image") + " correct ("
                                + Csv.decimal(100.0 * whole.correct() / images, 1) + " %)",
                2 * GAP,
                28);
        g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
        g.setColor(FAINT);
        g.drawString(
                "Shade: fraction of the row; blue correct, red wrong."
                        + (matrix.labels().size() < whole.labels().size()
                                ? " Drawn: the " + MAX_DRAWN + " most confused of "
                                        + whole.labels().size() + " classes."
                                : ""),
                2 * GAP,
                50);
    }

    private void axes(Graphics2D g, int left, int top, int side) {
        g.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 14));
        g.setColor(INK);
        FontMetrics metrics = g.getFontMetrics();
        g.drawString("predicted", left + Math.max(0, (side - metrics.stringWidth("predicted")) / 2), TITLE + 18);
        AffineTransform upright = g.getTransform();
        g.rotate(-Math.PI / 2);
        g.drawString("true", -(top + (side + metrics.stringWidth("true")) / 2), 20);
        g.setTransform(upright);
    }

    private void cells(Graphics2D g) {
        g.setFont(countFont);
        FontMetrics metrics = g.getFontMetrics();
        for (int truth = 0; truth < classes; truth++) {
            double images = Math.max(1, matrix.images(truth));
            for (int predicted = 0; predicted < classes; predicted++) {
                int count = matrix.count(truth, predicted);
                if (count == 0) {
                    continue;
                }
                double fraction = count / images;
                g.setColor(shade(truth == predicted ? RIGHT : WRONG, fraction));
                g.fillRect(predicted * cell, truth * cell, cell, cell);
                String text = Integer.toString(count);
                if (cell >= MIN_COUNTED_CELL && metrics.stringWidth(text) <= cell) {
                    g.setColor(fraction > 0.5 ? Color.WHITE : INK);
                    g.drawString(
                            text,
                            predicted * cell + (cell - metrics.stringWidth(text) + 1) / 2,
                            truth * cell + (cell + metrics.getAscent() - metrics.getDescent()) / 2);
                }
            }
        }
        g.setStroke(new BasicStroke(1));
        g.setColor(GRID);
        for (int i = 0; i <= classes; i++) {
            g.drawLine(0, i * cell, classes * cell, i * cell);
            g.drawLine(i * cell, 0, i * cell, classes * cell);
        }
        g.setColor(FAINT);
        g.drawRect(0, 0, classes * cell, classes * cell);
    }

    private void labels(Graphics2D g) {
        g.setFont(labelFont);
        g.setColor(INK);
        FontMetrics metrics = g.getFontMetrics();
        int middle = (cell + metrics.getAscent() - metrics.getDescent()) / 2;
        for (int c = 0; c < classes; c++) {
            String label = label(c);
            g.drawString(label, -GAP - metrics.stringWidth(label), c * cell + middle);
            AffineTransform upright = g.getTransform();
            g.translate(c * cell + middle, -GAP);
            g.rotate(-Math.PI / 2);
            g.drawString(label, 0, 0);
            g.setTransform(upright);
        }
    }

    private int longestLabel() {
        Graphics2D g = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics();
        FontMetrics metrics = g.getFontMetrics(labelFont);
        int longest = 0;
        for (int c = 0; c < classes; c++) {
            longest = Math.max(longest, metrics.stringWidth(label(c)));
        }
        g.dispose();
        return longest;
    }

    private String label(int index) {
        String label = matrix.labels().get(index);
        return label.length() <= MAX_LABEL_LENGTH ? label : label.substring(0, MAX_LABEL_LENGTH - 1) + "…";
    }

    /** White at 0, the color at 1; even one image of many is seen. */
    private static Color shade(Color full, double fraction) {
        double depth = 0.08 + 0.92 * Math.min(1, fraction);
        return new Color(mix(full.getRed(), depth), mix(full.getGreen(), depth), mix(full.getBlue(), depth));
    }

    private static int mix(int channel, double depth) {
        return (int) Math.round(255 + (channel - 255) * depth);
    }
}
