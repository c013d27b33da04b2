package dev.kinglet.toolkit.embedding;

import dev.kinglet.data.SkippedImage;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.Resampler;
import dev.kinglet.image.RgbImage;
import dev.kinglet.network.Interpolation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Images as rows of features without a network, whose cosine similarity is the correlation of small thumbnails: gray, 16
 * pixels a side, each pixel less the mean of the 3 x 3 pixels around it, so that edges count and not the sky; without the
 * outermost pixels, where frames are. Brightness, contrast, size and small changes of color do not matter.
 */
final class Thumbnails {
    private static final int SIDE = 16;
    private static final int INNER = SIDE - 2;
    private static final double LEAST_DEVIATION =
            0.5; // of 255, below which an image is a plain area and its noise no feature

    private Thumbnails() {}

    /**
     * A row for every image that can be read.
     *
     * @param skipped receives each image that cannot, in order
     * @param perImage called by several threads after each image; an exception from it ends the work
     * @throws IOException if not one image can be read
     */
    static EmbeddingTable of(ImageSource images, Consumer<SkippedImage> skipped, Runnable perImage) throws IOException {
        float[] @Nullable [] rows = new float[images.size()][];
        @Nullable String[] errors = new String[images.size()];
        IntStream.range(0, images.size()).parallel().forEach(i -> {
            try {
                rows[i] = row(images.image(i));
            } catch (ImageException e) {
                errors[i] = String.valueOf(e.getMessage());
            }
            perImage.run();
        });
        List<String> names = new ArrayList<>();
        List<Integer> positions = new ArrayList<>();
        float[] values = new float[Math.multiplyExact(images.size(), INNER * INNER)];
        for (int i = 0; i < rows.length; i++) {
            float[] row = rows[i];
            if (row == null) {
                skipped.accept(new SkippedImage(images.name(i), String.valueOf(errors[i])));
                continue;
            }
            System.arraycopy(row, 0, values, positions.size() * row.length, row.length);
            names.add(images.name(i));
            positions.add(i);
        }
        if (positions.isEmpty()) {
            throw new IOException("not one of " + images.size() + " images can be read");
        }
        return new EmbeddingTable(
                names, positions, INNER * INNER, Arrays.copyOf(values, positions.size() * INNER * INNER));
    }

    /** {@code [14 * 14]}; zeros for an image that is one plain area. */
    static float[] row(RgbImage image) {
        byte[] rgb = Resampler.resize(image, SIDE, SIDE, Interpolation.BILINEAR).rgb();
        double[] gray = new double[SIDE * SIDE];
        for (int i = 0; i < gray.length; i++) {
            gray[i] = 0.299 * (rgb[3 * i] & 0xff) + 0.587 * (rgb[3 * i + 1] & 0xff) + 0.114 * (rgb[3 * i + 2] & 0xff);
        }
        double[] edges = new double[INNER * INNER];
        double sum = 0;
        for (int y = 1; y <= INNER; y++) {
            for (int x = 1; x <= INNER; x++) {
                double around = 0;
                for (int at = y - 1; at <= y + 1; at++) {
                    around += gray[at * SIDE + x - 1] + gray[at * SIDE + x] + gray[at * SIDE + x + 1];
                }
                double edge = gray[y * SIDE + x] - around / 9;
                edges[(y - 1) * INNER + x - 1] = edge;
                sum += edge;
            }
        }
        double mean = sum / edges.length;
        double squares = 0;
        for (double edge : edges) {
            squares += (edge - mean) * (edge - mean);
        }
        float[] row = new float[edges.length];
        if (squares < LEAST_DEVIATION * LEAST_DEVIATION * edges.length) {
            return row;
        }
        for (int i = 0; i < row.length; i++) {
            row[i] = (float) (edges[i] - mean);
        }
        return row;
    }
}
