package dev.kinglet.toolkit;

import dev.kinglet.base.Plural;
import dev.kinglet.data.DataSource;
import dev.kinglet.data.Dataset;
import dev.kinglet.data.DatasetException;
import dev.kinglet.data.ListFiles;
import dev.kinglet.data.ListWriter;
import dev.kinglet.data.Loader;
import dev.kinglet.data.LoaderSettings;
import dev.kinglet.image.Batch;
import dev.kinglet.image.Image;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.Pipeline;
import dev.kinglet.image.RgbImage;
import dev.kinglet.network.Logits;
import dev.kinglet.train.suspects.ClassScores;
import dev.kinglet.train.suspects.ConfidentLearning;
import dev.kinglet.train.suspects.LinearProbe;
import dev.kinglet.train.suspects.Suspect;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Finds images whose labels are likely wrong, by confident learning on scores of a classifier that was not trained on them.
 *
 * <pre>{@code
 * DataSource source = DataSource.open(Path.of("photos"), DataOptions.defaults().withValEvery(5));
 * try (TrainedModel model = TrainedModel.open(Path.of("pretrained.safetensors"), 2)) {
 *     SuspectFinder.Found found = SuspectFinder.defaults().byEmbeddings(model, SuspectFinder.all(source));
 *     SuspectFinder.writeLists(source, Path.of("suspects"), found);
 * }
 * }</pre>
 *
 * @param folds of the cross-validation
 * @param seed of its division
 * @param batchSize images run together
 * @param workers data-loader workers, which read and decode images
 * @param stop asked before each batch; true ends the work
 */
public record SuspectFinder(int folds, long seed, int batchSize, int workers, BooleanSupplier stop) {
    /** Five folds, batches of 64 images, two workers, no stop. */
    public static SuspectFinder defaults() {
        return new SuspectFinder(5, 0, 64, 2, () -> false);
    }

    /**
     * What was found.
     *
     * @param images that suspects are of, by index
     * @param scored how many of them were scored
     * @param smallClasses classes that are left out, for they have fewer images than there are folds
     */
    public record Found(Dataset images, int scored, List<String> smallClasses, ConfidentLearning learned) {
        public Found {
            smallClasses = List.copyOf(smallClasses);
        }
    }

    /** All images of a data source: those to train on, and then those to validate with. */
    public static Dataset all(DataSource source) {
        return source.hasTrain() && source.hasValidation()
                ? new Joined(source.train(), source.validation())
                : source.hasTrain() ? source.train() : source.validation();
    }

    /**
     * Scores images by logistic regression on their embeddings, cross-validated: no image is scored by what was fitted to its
     * label. The network itself may be of other classes.
     *
     * @param model not closed; best one that was not trained on these labels
     * @throws UnsupportedOperationException if it is a file that was exported without embeddings
     * @throws IOException if no images of two classes can be used, or they are too many for memory
     * @throws InterruptedException if the thread is interrupted while it waits for images
     * @throws CancellationException if {@code stop} holds before the end
     */
    public Found byEmbeddings(TrainedModel model, Dataset images) throws IOException, InterruptedException {
        Rows rows = rows(model, images, model.features(), model::embeddings);
        int classes = images.labels().size();
        int[] sizes = new int[classes];
        for (int row = 0; row < rows.count; row++) {
            sizes[images.label(rows.images[row])]++;
        }
        int[] taken = IntStream.range(0, rows.count)
                .filter(row -> sizes[images.label(rows.images[row])] >= folds)
                .toArray();
        List<String> small = IntStream.range(0, classes)
                .filter(label -> sizes[label] > 0 && sizes[label] < folds)
                .mapToObj(images.labels()::get)
                .toList();
        if (Arrays.stream(sizes).filter(size -> size >= folds).count() < 2) {
            throw new DatasetException("label errors are found among images of at least two classes with " + folds
                    + " images that can be read, as many as there are folds");
        }
        float[] embeddings = new float[taken.length * rows.width];
        for (int i = 0; i < taken.length; i++) {
            System.arraycopy(rows.values, taken[i] * rows.width, embeddings, i * rows.width, rows.width);
        }
        int[] taking = Arrays.stream(taken).map(row -> rows.images[row]).toArray();
        int[] labels = Arrays.stream(taking).map(images::label).toArray();
        ClassScores scores = new LinearProbe(folds, seed).scores(embeddings, labels, classes, () -> Stop.check(stop));
        return found(images, taking, scores, small);
    }

    /**
     * Takes the network's own scores.
     *
     * @param model not closed; not trained on these images, and of their classes
     * @throws IllegalArgumentException if its classes are others
     * @throws IOException if no image can be used
     * @throws InterruptedException if the thread is interrupted while it waits for images
     * @throws CancellationException if {@code stop} holds before the last batch
     */
    public Found byScores(TrainedModel model, Dataset images) throws IOException, InterruptedException {
        if (!model.card().labels().equals(images.labels())) {
            throw new IllegalArgumentException("the network's own scores say nothing of these labels: its "
                    + Plural.of(model.card().labels().size(), "class") + " are not the data's "
                    + images.labels().size() + "; without --held-out its embeddings are used, which fit any");
        }
        Rows rows = rows(model, images, model.classes(), model::logits);
        float[] scores = new float[rows.count * rows.width];
        for (int row = 0; row < rows.count; row++) {
            float[] logits = Arrays.copyOfRange(rows.values, row * rows.width, (row + 1) * rows.width);
            double[] softmax = Logits.softmax(logits);
            for (int k = 0; k < rows.width; k++) {
                scores[row * rows.width + k] = (float) softmax[k];
            }
        }
        int[] taking = Arrays.copyOf(rows.images, rows.count);
        int[] labels = Arrays.stream(taking).map(images::label).toArray();
        return found(images, taking, new ClassScores(rows.width, labels, scores), List.of());
    }

    private static Found found(Dataset images, int[] taking, ClassScores scores, List<String> small) {
        ConfidentLearning learned = ConfidentLearning.of(scores);
        List<Suspect> suspects = learned.suspects().stream()
                .map(suspect -> new Suspect(
                        taking[suspect.image()],
                        suspect.label(),
                        suspect.likely(),
                        suspect.labelScore(),
                        suspect.likelyScore()))
                .toList();
        return new Found(images, taking.length, small, new ConfidentLearning(suspects, learned.estimate()));
    }

    /**
     * Writes lists of all images, to be corrected and trained with: {@code train_list.txt}, {@code val_list.txt} and {@code
     * labels.txt}. Suspects come first, the most suspicious first, each with its likely class in a comment.
     *
     * @param source whose {@link #all} images were looked at
     * @return the lists
     * @throws IllegalArgumentException if one of the files is there already, or the images are not files
     */
    public static ListFiles writeLists(DataSource source, Path folder, Found found) throws IOException {
        return writeLists(
                source, folder, found, source.hasTrain() ? source.train().size() : 0);
    }

    /** The same, where the validation images alone were looked at. */
    public static ListFiles writeHeldOutLists(DataSource source, Path folder, Found found) throws IOException {
        return writeLists(source, folder, found, 0);
    }

    private static ListFiles writeLists(DataSource source, Path folder, Found found, int training) throws IOException {
        List<ListWriter.Comment> train = new ArrayList<>();
        List<ListWriter.Comment> validation = new ArrayList<>();
        for (Suspect suspect : found.learned().suspects()) {
            String comment = "label " + found.images().labels().get(suspect.label()) + ", likely " + suspect.likely()
                    + " " + found.images().labels().get(suspect.likely());
            if (suspect.image() < training) {
                train.add(new ListWriter.Comment(suspect.image(), comment));
            } else {
                validation.add(new ListWriter.Comment(suspect.image() - training, comment));
            }
        }
        return ListWriter.write(source, folder, train, validation);
    }

    /**
     * An output of the network for images that can be read.
     *
     * @param values {@code [count * width]}
     * @param images index of each, {@code [count]} and more
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Rows(int count, int width, float[] values, int[] images) {}

    private Rows rows(TrainedModel model, Dataset images, int width, Function<Batch, float[]> output)
            throws IOException, InterruptedException {
        if ((long) images.size() * width > Integer.MAX_VALUE - 64) {
            throw new DatasetException(images.size() + " images of " + width
                    + " values are more than one table holds; look at them in parts");
        }
        float[] values = new float[images.size() * width];
        int[] indices = new int[images.size()];
        int count = 0;
        Pipeline pipeline = Pipeline.evaluation(model.card().preprocessing());
        Loader loader = new Loader(images, pipeline, LoaderSettings.evaluation(batchSize, workers));
        try (Loader.Epoch batches = loader.epoch(0)) {
            for (Batch batch = batches.next(); batch != null; batch = batches.next()) {
                Stop.check(stop);
                float[] part = output.apply(batch);
                System.arraycopy(part, 0, values, count * width, part.length);
                System.arraycopy(batch.indices(), 0, indices, count, batch.size());
                count += batch.size();
            }
        }
        for (int i = 0; i < count * width; i++) {
            if (!Float.isFinite(values[i])) {
                throw new IOException(
                        images.name(indices[i / width]) + ": " + model.card().model()
                                + " gives values that are not finite: its weights are damaged, or those of a training that"
                                + " diverged");
            }
        }
        return new Rows(count, width, values, indices);
    }

    /** The images of one data set and then those of another, of the same classes. */
    private record Joined(Dataset first, Dataset second) implements Dataset {
        Joined {
            if (!first.labels().equals(second.labels())) {
                throw new IllegalArgumentException(
                        "data sets of " + first.labels().size() + " classes and of other "
                                + second.labels().size() + " cannot be joined");
            }
        }

        @Override
        public List<String> labels() {
            return first.labels();
        }

        @Override
        public int size() {
            return Math.addExact(first.size(), second.size());
        }

        private boolean isOfFirst(int index) {
            return index < first.size();
        }

        @Override
        public int label(int index) {
            return isOfFirst(index) ? first.label(index) : second.label(index - first.size());
        }

        @Override
        public String name(int index) {
            return isOfFirst(index) ? first.name(index) : second.name(index - first.size());
        }

        @Override
        public RgbImage image(int index) throws ImageException {
            return isOfFirst(index) ? first.image(index) : second.image(index - first.size());
        }

        @Override
        public Image open(int index) throws ImageException {
            return isOfFirst(index) ? first.open(index) : second.open(index - first.size());
        }
    }
}
