package dev.kinglet.train.run;

import dev.kinglet.base.Plural;
import dev.kinglet.data.Dataset;
import dev.kinglet.image.Batch;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.Pipeline;
import dev.kinglet.image.RgbImage;
import dev.kinglet.network.Logits;
import dev.kinglet.train.metrics.Scorer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** The contact sheets of a run: its data, and its predictions. An image that cannot be read is left out. */
final class ContactSheets {
    private static final int FEW_CLASSES = 16; // which get half a row each
    private static final int IMAGES_OF_FEW = 6;
    private static final int MAX_CLASSES = 120;
    private static final int BATCH = 32;
    private static final int PREDICTIONS = 48;

    private ContactSheets() {}

    /** A PNG of the classes with their first images: several of each if they are few, one of each otherwise. */
    static byte[] classes(Dataset data) {
        int each = data.labels().size() <= FEW_CLASSES ? IMAGES_OF_FEW : 1;
        int[][] indices = new int[data.labels().size()][each];
        int[] images = new int[data.labels().size()];
        for (int index = 0; index < data.size(); index++) {
            int label = data.label(index);
            if (images[label] < each) {
                indices[label][images[label]] = index;
            }
            images[label]++;
        }
        int[] present = IntStream.range(0, images.length)
                .filter(label -> images[label] > 0)
                .limit(MAX_CLASSES)
                .toArray();
        List<ImageGrid.Cell> cells = new ArrayList<>();
        for (int label : present) {
            String name = data.labels().get(label);
            String count = Plural.of(images[label], "image");
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
        String title = (present.length < images.length ? present.length + " of " : "")
                + Plural.of(images.length, "class") + ", " + Plural.of(data.size(), "training image");
        return new ImageGrid(title, 2 * IMAGES_OF_FEW, cells).toPng();
    }

    /** A PNG of the first images of a batch as the network is trained on them. */
    static byte[] batch(Batch batch, List<String> labels, String title) {
        byte[] rgb = new byte[3 * batch.imageSize() * batch.imageSize()];
        boolean mixed = batch.labelFraction() < 1;
        List<ImageGrid.Cell> cells = new ArrayList<>();
        for (int i = 0; i < Math.min(batch.size(), BATCH); i++) {
            batch.pixels().get(i * rgb.length, rgb);
            RgbImage image = new RgbImage(batch.imageSize(), batch.imageSize(), rgb.clone());
            String own = labels.get(batch.labels()[i]);
            String other = labels.get(batch.mixedInLabels()[i]);
            cells.add(new ImageGrid.Cell(
                    image,
                    mixed ? percent(batch.labelFraction()) + " " + own : own,
                    mixed ? percent(1 - batch.labelFraction()) + " " + other : "",
                    ImageGrid.Mark.NONE));
        }
        return new ImageGrid(title, 8, cells).toPng();
    }

    /** The misclassified images with the highest losses, as far as they can be read. */
    static byte[] mistakes(WorstMistakes mistakes, int epoch) {
        List<ImageGrid.Cell> cells = new ArrayList<>();
        for (WorstMistakes.Mistake mistake : mistakes.worst()) {
            mistake.image()
                    .ifPresent(image -> cells.add(new ImageGrid.Cell(
                            image,
                            percent(mistake.row().score()) + " " + mistake.row().predicted(),
                            "true: " + mistake.row().label(),
                            ImageGrid.Mark.WRONG)));
        }
        String title = cells.isEmpty()
                ? "No mistakes after epoch " + epoch
                : "The misclassified images with the highest " + mistakes.order() + " after epoch " + epoch;
        return new ImageGrid(title, 8, cells).toPng();
    }

    /** A sample of the validation images at even distances, with their predictions. */
    static byte[] predictions(Scorer scorer, Dataset data, Pipeline pipeline, int epoch) {
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
            int guess = Logits.argmax(own);
            boolean isRight = guess == labels[i];
            right += isRight ? 1 : 0;
            cells.add(new ImageGrid.Cell(
                    images.get(i),
                    percent(Logits.softmax(own)[guess]) + " " + data.labels().get(guess),
                    isRight ? "" : "true: " + data.labels().get(labels[i]),
                    isRight ? ImageGrid.Mark.RIGHT : ImageGrid.Mark.WRONG));
        }
        String title = right + " of " + labels.length + " correct after epoch " + epoch + "; a sample of "
                + Plural.of(data.size(), "validation image");
        return new ImageGrid(title, 8, cells).toPng();
    }

    /** Images that are prepared, as the network takes them. */
    static Batch batch(List<RgbImage> images, int side, int[] labels) {
        ByteBuffer pixels = ByteBuffer.allocateDirect(3 * side * side * images.size());
        images.forEach(image -> pixels.put(image.rgb()));
        return new Batch(pixels.clear(), side, labels, new int[labels.length]);
    }

    private static String percent(double fraction) {
        return Math.round(100 * fraction) + " %";
    }
}
