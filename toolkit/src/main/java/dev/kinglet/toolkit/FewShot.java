package dev.kinglet.toolkit;

import dev.kinglet.base.KingletVersion;
import dev.kinglet.data.Dataset;
import dev.kinglet.data.SkippedImage;
import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.ClassifierOptions;
import dev.kinglet.infer.Embeddings;
import dev.kinglet.network.Card;
import dev.kinglet.network.Logits;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.toolkit.embedding.EmbeddingTable;
import dev.kinglet.toolkit.embedding.ImageSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * New classes from a few images each, without training: a trained network whose head is replaced by class prototypes, the
 * means of the embeddings of each class's images. An image's logit for a class is the cosine similarity of its embedding to
 * the prototype, times a scale (nearest class mean; Snell et al., "Prototypical Networks", 2017). The mean embedding of all
 * images is subtracted before, as Wang et al., "SimpleShot", 2019, do with that of other classes.
 *
 * @param shots images of each class that prototypes are made of; empty for all
 * @param seed of the choice of images
 * @param threads compute threads
 * @param stop asked between batches of images; true ends the work, and nothing is written
 * @param skipped receives each image that cannot be read
 */
public record FewShot(OptionalInt shots, long seed, int threads, BooleanSupplier stop, Consumer<SkippedImage> skipped) {
    /** Scales that are tried; softmax scores of cosines alone, which differ by less than 2, would all be alike. */
    private static final double[] SCALES = {4, 6, 8, 11, 16, 23, 32, 45, 64};

    private static final double USUAL_SCALE = 16; // where one image per class leaves nothing to choose by
    private static final double TOLERANCE = 1e-3; // of a logit, times the scale: float32 sums over the features

    /** @throws IllegalArgumentException if there is to be less than one image per class */
    public FewShot {
        if (shots.isPresent() && shots.getAsInt() < 1) {
            throw new IllegalArgumentException("a class needs at least 1 image, not " + shots.getAsInt());
        }
    }

    /** Prototypes of all images there are. */
    public static FewShot ofAll(int threads) {
        return new FewShot(OptionalInt.empty(), 0, threads, () -> false, image -> {});
    }

    /**
     * What was made.
     *
     * @param file with the new head
     * @param images that the prototypes are made of
     * @param features of an embedding
     * @param scale of the cosine similarities, chosen by the likelihood of each image under the prototypes of the others
     * @param leaveOneOut how many of the images are nearest to their own class's prototype when that is made without
     *     them, as a fraction; empty if a class has but one
     * @param others images that were not used
     * @param accuracy of the new head on these, as a fraction; empty if there are none
     */
    public record Result(
            OnnxFile file,
            int images,
            int features,
            double scale,
            OptionalDouble leaveOneOut,
            int others,
            OptionalDouble accuracy) {
        /** Number of the new classes. */
        public int classes() {
            return file.classes();
        }

        /**
         * Writes the file whole or not at all.
         *
         * @throws IOException if it cannot be written; the message names it
         */
        public void write(Path output) throws IOException {
            file.write(output);
        }
    }

    /**
     * Makes a file of a network with a head for the classes of labeled images.
     *
     * @param source a run's folder, a {@code .safetensors} file, or an {@code .onnx} file that was exported with embeddings
     * @param data with at least two classes
     * @throws IllegalArgumentException if the source is none of these, or a class has no image
     * @throws IllegalArgumentException if it is an {@code .onnx} file without embeddings
     * @throws IOException if it cannot be used, or not one image of a class can be read
     * @throws CancellationException if {@code stop} holds before the end
     */
    public Result of(Path source, Dataset data) throws IOException {
        OnnxFile file = TrainedModel.isOnnx(source)
                ? OnnxFile.read(source)
                : Export.of(source)
                        .with(Export.Options.defaults().withEmbeddings())
                        .withStop(stop)
                        .inMemory(source);
        ClassifierOptions options = ClassifierOptions.defaults().withSessions(threads);
        EmbeddingTable table;
        try (TrainedModel model =
                OnnxModel.of(Classifier.of(file, source.toString(), options), threads, UnaryOperator.identity())) {
            table = new Embedder(model, stop).embed(ImageSource.of(data), skipped);
        }
        int classes = data.labels().size();
        List<List<Integer>> rows = chosen(table, data);
        int[] truths = new int[table.size()];
        Arrays.fill(truths, -1); // of images that are not used
        for (int label = 0; label < classes; label++) {
            if (rows.get(label).isEmpty()) {
                throw new IOException("class '" + data.labels().get(label) + "' has no image that can be read");
            }
            for (int row : rows.get(label)) {
                truths[row] = label;
            }
        }
        Prototypes prototypes = Prototypes.of(table, rows);
        boolean leaves = rows.stream().allMatch(of -> of.size() > 1);
        double[][] left = leaves ? prototypes.leaveOneOut(table, rows) : new double[0][];
        double scale = leaves ? scale(left, rows) : USUAL_SCALE;
        OnnxFile written = file.withPrototypes(prototypes.mean(), prototypes.scaled(scale), card(file.card(), data));
        check(written, source, table, data, prototypes, scale);
        return new Result(
                written,
                rows.stream().mapToInt(List::size).sum(),
                table.features(),
                scale,
                leaves ? OptionalDouble.of(accuracy(left, rows)) : OptionalDouble.empty(),
                (int) Arrays.stream(truths).filter(truth -> truth < 0).count(),
                accuracy(prototypes, table, data, truths));
    }

    /** By class, the rows of the table that its prototype is made of. */
    private List<List<Integer>> chosen(EmbeddingTable table, Dataset data) {
        List<List<Integer>> rows = new ArrayList<>();
        data.labels().forEach(label -> rows.add(new ArrayList<>()));
        for (int row = 0; row < table.size(); row++) {
            rows.get(data.label(table.positions().get(row))).add(row);
        }
        if (shots.isEmpty()) {
            return rows;
        }
        Random random = new Random(seed);
        return rows.stream()
                .map(all -> {
                    List<Integer> shuffled = new ArrayList<>(all);
                    Collections.shuffle(shuffled, random);
                    return shuffled.subList(0, Math.min(shots.getAsInt(), shuffled.size()));
                })
                .toList();
    }

    private static Card card(Card own, Dataset data) {
        Map<String, String> provenance = new HashMap<>(own.provenance());
        provenance.keySet().removeAll(List.of(Card.TOP1, Card.DATASET_DIGEST));
        provenance.put(Card.RECIPE, "few-shot prototypes");
        provenance.put(Card.VERSION, KingletVersion.current());
        return new Card(own.model(), data.labels(), own.preprocessing(), OptionalInt.empty(), provenance);
    }

    private static OptionalDouble accuracy(Prototypes prototypes, EmbeddingTable table, Dataset data, int[] truths) {
        int right = 0;
        int others = 0;
        for (int row = 0; row < table.size(); row++) {
            if (truths[row] < 0) {
                others++;
                double[] similarities = prototypes.similarities(table.row(row));
                right += argmax(similarities) == data.label(table.positions().get(row)) ? 1 : 0;
            }
        }
        return others == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) right / others);
    }

    private static int argmax(double[] values) {
        int best = 0;
        for (int i = 1; i < values.length; i++) {
            best = values[i] > values[best] ? i : best;
        }
        return best;
    }

    /** @param left similarities of each image to prototypes made without it, class by class */
    private static double accuracy(double[][] left, List<List<Integer>> rows) {
        int right = 0;
        int image = 0;
        for (int label = 0; label < rows.size(); label++) {
            for (int i = 0; i < rows.get(label).size(); i++) {
                right += argmax(left[image++]) == label ? 1 : 0;
            }
        }
        return (double) right / image;
    }

    /** The scale under which the images are most likely. */
    private static double scale(double[][] left, List<List<Integer>> rows) {
        double best = USUAL_SCALE;
        double lowest = Double.POSITIVE_INFINITY;
        for (double scale : SCALES) {
            double loss = 0;
            int image = 0;
            for (int label = 0; label < rows.size(); label++) {
                for (int i = 0; i < rows.get(label).size(); i++) {
                    double[] similarities = left[image++];
                    float[] logits = new float[similarities.length];
                    for (int k = 0; k < logits.length; k++) {
                        logits[k] = (float) (scale * similarities[k]);
                    }
                    loss += Logits.crossEntropy(logits, label);
                }
            }
            if (loss < lowest) {
                lowest = loss;
                best = scale;
            }
        }
        return best;
    }

    /** Runs the file on one image of each class, and compares its logits with those computed here. */
    private void check(
            OnnxFile written, Path source, EmbeddingTable table, Dataset data, Prototypes prototypes, double scale)
            throws IOException {
        try (Classifier classifier = Classifier.of(written, source.toString(), ClassifierOptions.defaults())) {
            boolean[] done = new boolean[data.labels().size()];
            for (int row = 0; row < table.size(); row++) {
                int position = table.positions().get(row);
                if (done[data.label(position)]) {
                    continue;
                }
                done[data.label(position)] = true;
                if (stop.getAsBoolean()) {
                    throw new CancellationException();
                }
                float[] found = classifier.logits(data.image(position));
                double[] expected = prototypes.similarities(table.row(row));
                for (int k = 0; k < found.length; k++) {
                    if (!(Math.abs(found[k] - scale * expected[k]) <= TOLERANCE * scale)) {
                        throw new IllegalStateException("the file with the new head gives " + data.name(position) + " "
                                + found[k] + " for '" + data.labels().get(k) + "', not " + scale * expected[k]
                                + "; it is not written");
                    }
                }
            }
        }
    }

    /**
     * Class means of normalized embeddings, each normalized again after a mean is subtracted.
     *
     * @param mean {@code [features]}
     * @param directions {@code [classes, features]}, rows of length one
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Prototypes(float[] mean, float[] directions) {
        static Prototypes of(EmbeddingTable table, List<List<Integer>> rows) {
            int features = table.features();
            double[] sum = new double[features];
            int images = 0;
            for (List<Integer> ofClass : rows) {
                for (int row : ofClass) {
                    add(sum, table.row(row), 1);
                    images++;
                }
            }
            float[] mean = new float[features];
            for (int i = 0; i < features; i++) {
                mean[i] = (float) (sum[i] / images);
            }
            float[] directions = new float[rows.size() * features];
            for (int label = 0; label < rows.size(); label++) {
                double[] total = total(table, rows.get(label), mean);
                System.arraycopy(normalized(total), 0, directions, label * features, features);
            }
            return new Prototypes(mean, directions);
        }

        /** Sum of the directions of some embeddings. */
        private static double[] total(EmbeddingTable table, List<Integer> rows, float[] mean) {
            double[] total = new double[mean.length];
            for (int row : rows) {
                add(total, direction(table.row(row), mean), 1);
            }
            return total;
        }

        private static float[] direction(float[] embedding, float[] mean) {
            float[] centered = new float[mean.length];
            for (int i = 0; i < mean.length; i++) {
                centered[i] = embedding[i] - mean[i];
            }
            return Embeddings.normalized(centered);
        }

        private static void add(double[] total, float[] values, int times) {
            for (int i = 0; i < total.length; i++) {
                total[i] += times * values[i];
            }
        }

        private static float[] normalized(double[] total) {
            float[] values = new float[total.length];
            for (int i = 0; i < total.length; i++) {
                values[i] = (float) total[i];
            }
            return Embeddings.normalized(values);
        }

        /** The prototypes, each times the scale: {@code [classes, features]}. */
        float[] scaled(double scale) {
            float[] weight = directions.clone();
            for (int i = 0; i < weight.length; i++) {
                weight[i] *= (float) scale;
            }
            return weight;
        }

        /** Cosine similarities of an embedding, less the mean, to each prototype. */
        double[] similarities(float[] embedding) {
            return products(direction(embedding, mean), directions);
        }

        private static double[] products(float[] direction, float[] directions) {
            double[] products = new double[directions.length / direction.length];
            for (int i = 0; i < directions.length; i++) {
                products[i / direction.length] += (double) direction[i % direction.length] * directions[i];
            }
            return products;
        }

        /** Similarities of each image, class by class, to the prototypes when its own class's is made without it. */
        double[][] leaveOneOut(EmbeddingTable table, List<List<Integer>> rows) {
            List<double[]> similarities = new ArrayList<>();
            for (int label = 0; label < rows.size(); label++) {
                double[] total = total(table, rows.get(label), mean);
                for (int row : rows.get(label)) {
                    float[] direction = direction(table.row(row), mean);
                    double[] others = total.clone();
                    add(others, direction, -1);
                    double[] all = products(direction, directions);
                    all[label] = products(direction, normalized(others))[0];
                    similarities.add(all);
                }
            }
            return similarities.toArray(double[][]::new);
        }
    }
}
