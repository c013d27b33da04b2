package dev.kinglet.image.explain;

import dev.kinglet.image.Batch;
import dev.kinglet.network.Card;
import dev.kinglet.network.Preprocessing;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Occlusion maps of any network (Zeiler and Fergus, 2014, section 4.2): a patch of the preprocessing's mean color is laid over one place of
 * the prepared image after another, and the map has by how much the score of a class drops there, in [-1, 1].
 *
 * <p>A map has 14x14 cells. The patch is two cells wide and high, centered on the cell, and cut off at the image's edge; in
 * an image of 224 pixels it has 32x32 pixels and moves by 16. That is 196 more runs of the network for an image.
 */
public final class Occlusion implements Explainer {
    private static final int CELLS = 14; // each way
    private static final int BATCH = 28; // occluded images that are run together: two rows

    private final Function<Batch, float[]> network;
    private final Runnable close;
    private final Card card;
    private final int side;
    private final byte[] color = new byte[3];

    /**
     * @param network logits {@code [images, classes]} of a batch
     * @param card of the network
     * @param close frees the network
     */
    public Occlusion(Function<Batch, float[]> network, Card card, Runnable close) {
        this.network = network;
        this.card = card;
        this.close = close;
        Preprocessing preprocessing = card.preprocessing();
        side = preprocessing.inputSize();
        for (int channel = 0; channel < color.length; channel++) {
            color[channel] =
                    (byte) Math.round(255 * preprocessing.mean().get(channel).floatValue());
        }
    }

    @Override
    public synchronized List<Explanation> explain(Batch images, ClassChoice choice) {
        if (images.imageSize() != side) {
            throw new IllegalArgumentException(
                    card.model() + " takes images of " + side + " pixels a side, not " + images.imageSize());
        }
        int classes = card.labels().size();
        float[] rows = network.apply(images);
        byte[] image = new byte[3 * side * side];
        List<Explanation> explanations = new ArrayList<>();
        for (int i = 0; i < images.size(); i++) {
            images.pixels().get(i * image.length, image);
            float[] logits = Arrays.copyOfRange(rows, i * classes, (i + 1) * classes);
            explanations.add(explain(image, logits, choice.classes(logits)));
        }
        return explanations;
    }

    private Explanation explain(byte[] image, float[] logits, int[] chosen) {
        Map<Integer, HeatMap> maps = new LinkedHashMap<>();
        for (int index : chosen) {
            maps.put(index, new HeatMap(CELLS, CELLS, new float[CELLS * CELLS]));
        }
        int classes = logits.length;
        ByteBuffer pixels = ByteBuffer.allocateDirect(BATCH * image.length);
        Batch batch = new Batch(pixels, side, new int[BATCH], new int[BATCH]);
        for (int first = 0; first < CELLS * CELLS; first += BATCH) {
            for (int i = 0; i < BATCH; i++) {
                pixels.put(i * image.length, occluded(image, (first + i) / CELLS, (first + i) % CELLS));
            }
            float[] rows = network.apply(batch);
            for (int i = 0; i < BATCH; i++) {
                float[] row = Arrays.copyOfRange(rows, i * classes, (i + 1) * classes);
                for (Map.Entry<Integer, HeatMap> map : maps.entrySet()) {
                    map.getValue().values()[first + i] =
                            (float) (score(logits, map.getKey()) - score(row, map.getKey()));
                }
            }
        }
        return new Explanation(logits, maps);
    }

    /** The image with the patch over a cell. */
    private byte[] occluded(byte[] image, int row, int column) {
        byte[] occluded = image.clone();
        for (int y = edge(row - 0.5); y < edge(row + 1.5); y++) {
            for (int x = edge(column - 0.5); x < edge(column + 1.5); x++) {
                System.arraycopy(color, 0, occluded, 3 * (y * side + x), color.length);
            }
        }
        return occluded;
    }

    /** The pixel at a number of cells from the image's edge. */
    private int edge(double cells) {
        return Math.max(0, Math.min((int) Math.round(cells * side / CELLS), side));
    }

    /** Softmax over all classes but the background, of logits divided by the card's temperature. */
    private double score(float[] logits, int index) {
        double temperature = card.temperature().orElse(1);
        double sum = 0; // of the scores of all classes, each divided by that of the class
        for (float logit : card.withoutBackground(logits)) {
            sum += Math.exp((logit - logits[index]) / temperature);
        }
        return 1 / sum;
    }

    @Override
    public void close() {
        close.run();
    }
}
