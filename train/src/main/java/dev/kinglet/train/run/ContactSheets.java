package dev.kinglet.train.run;

import dev.kinglet.data.Dataset;
import dev.kinglet.image.Batch;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.Pipeline;
import dev.kinglet.image.RgbImage;
import dev.kinglet.train.metrics.Scorer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The sheets of a run: what it learns from, and what it makes of it. An image that cannot be read is left out. */
public final class ContactSheets {
    private static final int FEW_CLASSES = 16; // which get a row's half each
    private static final int IMAGES_OF_FEW = 6;
    private static final int MAX_CLASSES = 120;
    private static final int BATCH = 32;
    private static final int PREDICTIONS = 48;

    private ContactSheets() {}

    /** The classes with their first images: several of each if they are few, one of each otherwise. */
    public static ImageGrid classes(Dataset data) {
        int shown = Math.min(data.labels().size(), MAX_CLASSES);
        int each = shown <= FEW_CLASSES ? IMAGES_OF_FEW : 1;
        int[][] indices = new int[shown][each];
        int[] images = new int[data.labels().size()];
        for (int index = 0; index < data.size(); index++) {
            int label = data.label(index);
            if (label < shown && images[label] < each) {
                indices[label][images[label]] = index;
            }
            images[label]++;
        }
        List<ImageGrid.Cell> cells = new ArrayList<>();
        for (int label = 0; label < shown; label++) {
            String name = data.labels().get(label);
            String count = images[label] + " images";
            for (int i = 0; i < Math.min(each, images[label]); i++) {
                try {
                    cells.add(new ImageGrid.Cell(data.image(indices[label][i]), name, count, ImageGrid.Mark.NONE));
                    name = ""; // only under the first
                    count = "";
                } catch (ImageException e) {
                    // left out; the loop says so when it comes to it
                }
            }
        }
        String title = (shown < images.length ? shown + " of " : "") + images.length + " classes, " + data.size()
                + " images to train on";
        return new ImageGrid(title, 2 * IMAGES_OF_FEW, cells);
    }

    /** The first images of a batch as they are trained on. */
    public static ImageGrid batch(Batch batch, List<String> labels, String title) {
        byte[] rgb = new byte[3 * batch.imageSize() * batch.imageSize()];
        boolean mixed = batch.share() < 1;
        List<ImageGrid.Cell> cells = new ArrayList<>();
        for (int i = 0; i < Math.min(batch.size(), BATCH); i++) {
            batch.pixels().get(i * rgb.length, rgb);
            RgbImage image = new RgbImage(batch.imageSize(), batch.imageSize(), rgb.clone());
            String own = labels.get(batch.labels()[i]);
            String other = labels.get(batch.others()[i]);
            cells.add(new ImageGrid.Cell(
                    image,
                    mixed ? percent(batch.share()) + " " + own : own,
                    mixed ? percent(1 - batch.share()) + " " + other : "",
                    ImageGrid.Mark.NONE));
        }
        return new ImageGrid(title, 8, cells);
    }

    /** Validation images from all over the data, with what the network takes them for. */
    public static ImageGrid predictions(Scorer scorer, Dataset data, Pipeline pipeline, int epoch) {
        List<RgbImage> images = new ArrayList<>();
        List<Integer> indices = new ArrayList<>();
        int wanted = Math.min(PREDICTIONS, data.size());
        for (int i = 0; i < wanted; i++) {
            int index = (int) ((long) data.size() * i / wanted);
            try {
                images.add(pipeline.apply(data.image(index)));
                indices.add(index);
            } catch (ImageException e) {
                // left out; the evaluation has counted it
            }
        }
        int[] labels = indices.stream().mapToInt(data::label).toArray();
        float[] logits = images.isEmpty() ? new float[0] : scorer.logits(batch(images, pipeline.side(), labels));
        List<ImageGrid.Cell> cells = new ArrayList<>();
        int right = 0;
        for (int i = 0; i < labels.length; i++) {
            float[] own = Arrays.copyOfRange(logits, i * scorer.classes(), (i + 1) * scorer.classes());
            int guess = highest(own);
            boolean isRight = guess == labels[i];
            right += isRight ? 1 : 0;
            cells.add(new ImageGrid.Cell(
                    images.get(i),
                    percent(probability(own, guess)) + " " + data.labels().get(guess),
                    isRight ? "" : "is " + data.labels().get(labels[i]),
                    isRight ? ImageGrid.Mark.RIGHT : ImageGrid.Mark.WRONG));
        }
        String title = right + " of " + labels.length + " right after epoch " + epoch + "; a sample of " + data.size()
                + " validation images";
        return new ImageGrid(title, 8, cells);
    }

    private static Batch batch(List<RgbImage> images, int side, int[] labels) {
        ByteBuffer pixels = ByteBuffer.allocateDirect(3 * side * side * images.size());
        images.forEach(image -> pixels.put(image.rgb()));
        return new Batch(pixels.clear(), side, labels, new int[labels.length]);
    }

    private static int highest(float[] logits) {
        int highest = 0;
        for (int i = 1; i < logits.length; i++) {
            highest = logits[i] > logits[highest] ? i : highest;
        }
        return highest;
    }

    /** Softmax of one of the logits; {@code highest} is the highest. */
    private static double probability(float[] logits, int highest) {
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp((double) logit - logits[highest]);
        }
        return 1 / sum;
    }

    private static String percent(double share) {
        return Math.round(100 * share) + " %";
    }
}
