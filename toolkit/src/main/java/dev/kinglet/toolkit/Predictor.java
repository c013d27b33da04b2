package dev.kinglet.toolkit;

import dev.kinglet.base.IoReason;
import dev.kinglet.image.Batch;
import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.ImageFormats;
import dev.kinglet.image.ImageLimits;
import dev.kinglet.image.Pipeline;
import dev.kinglet.network.Card;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Shape;
import dev.kinglet.weights.Npy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Predictions of a trained model for image files, in batches.
 *
 * <pre>{@code
 * try (TrainedModel model = TrainedModel.open(Path.of("birds.onnx"), 2)) {
 *     Predictor.of(model).predict(Predictor.images(Path.of("photos")), answer -> System.out.println(answer.best(1)));
 * }
 * }</pre>
 *
 * @param model not closed
 * @param decoder reads the images
 * @param stop asked before each batch; true ends the work
 * @param rawScores whether the temperature and the rejection of the model's card are not applied
 */
public record Predictor(TrainedModel model, ImageDecoder decoder, BooleanSupplier stop, boolean rawScores) {
    private static final int BATCH = 16; // images that are run together

    /** The predictor of a model, with a decoder of the usual limits. */
    public static Predictor of(TrainedModel model) {
        ImageDecoder decoder = new ImageDecoder(
                ImageLimits.defaults(), model.card().preprocessing().orientation());
        return new Predictor(model, decoder, () -> false, false);
    }

    private Card card() {
        return rawScores ? model.card().uncalibrated() : model.card();
    }

    /**
     * The images of several folders and files, one after the other.
     *
     * @throws IOException if a folder cannot be read or has no image
     */
    public static List<Path> images(List<Path> paths) throws IOException {
        List<Path> all = new ArrayList<>();
        for (Path path : paths) {
            all.addAll(images(path));
        }
        return all;
    }

    /**
     * The images in a folder and below it, by their endings, in the order of their paths. A file is taken as it is.
     *
     * @throws IOException if the folder cannot be read or has no image
     */
    public static List<Path> images(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            return List.of(path);
        }
        List<Path> images;
        try (Stream<Path> files = Files.walk(path, FileVisitOption.FOLLOW_LINKS)) {
            images = files.filter(file -> ImageFormats.isImageName(file) && !isHidden(path, file))
                    .filter(Files::isRegularFile)
                    .sorted()
                    .toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        if (images.isEmpty()) {
            throw new IOException(path + " has no images, in it or below; expected files that end in ."
                    + String.join(", .", ImageFormats.endings()));
        }
        return images;
    }

    private static boolean isHidden(Path folder, Path file) {
        for (Path name : folder.relativize(file)) {
            if (name.toString().startsWith(".")) {
                return true;
            }
        }
        return false;
    }

    /**
     * Answers for each image, in order; one that cannot be read gets an answer that says why.
     *
     * @param answers receives each answer when its batch is done
     * @throws CancellationException if {@code stop} holds before the last batch
     */
    public void predict(List<Path> images, Consumer<Prediction> answers) {
        Pipeline pipeline = Pipeline.evaluation(model.card().preprocessing());
        int bytes = 3 * pipeline.side() * pipeline.side();
        ByteBuffer pixels = ByteBuffer.allocateDirect(Math.min(BATCH, images.size()) * bytes);
        for (int first = 0; first < images.size(); first += BATCH) {
            Stop.check(stop);
            predictBatch(images.subList(first, Math.min(first + BATCH, images.size())), pipeline, pixels, answers);
        }
    }

    private void predictBatch(List<Path> images, Pipeline pipeline, ByteBuffer pixels, Consumer<Prediction> answers) {
        int bytes = 3 * pipeline.side() * pipeline.side();
        List<String> errors = new ArrayList<>(); // by image; empty for a readable one
        int readable = 0;
        for (Path image : images) {
            String error = "";
            try { // evaluation uses no randomness
                pixels.put(
                        readable * bytes,
                        pipeline.apply(decoder.read(image), new SplittableRandom(0))
                                .rgb());
                readable++;
            } catch (ImageException e) {
                error = reason(e);
            }
            errors.add(error);
        }
        float[] rows = readable == 0
                ? new float[0]
                : model.logits(new Batch(pixels, pipeline.side(), new int[readable], new int[readable]));
        int row = 0;
        for (int i = 0; i < images.size(); i++) {
            String source = images.get(i).toString();
            answers.accept(
                    errors.get(i).isEmpty()
                            ? Prediction.of(source, card(), row(rows, row++))
                            : Prediction.failed(source, card(), errors.get(i)));
        }
    }

    /**
     * Answers for images that are fully prepared.
     *
     * @param file {@code .npy}, float32 {@code [n, 3, height, width]}, normalized
     * @throws IOException if it is something else
     */
    public List<Prediction> predictTensor(Path file) throws IOException {
        NdArray array = Npy.read(file);
        Card card = card();
        Shape image = card.preprocessing().shape();
        List<Integer> dims = array.dims();
        if (!(array instanceof NdArray.Floats floats)
                || dims.size() != 4
                || dims.get(0) < 1
                || !dims.subList(1, 4).equals(List.of(image.channels(), image.height(), image.width()))) {
            throw new IOException(file + ": " + card.model() + " takes float32 [n, 3, " + image.height() + ", "
                    + image.width() + "], the file has " + Npy.describe(file));
        }
        float[] rows = model.logits(floats.values(), dims.get(0));
        List<Prediction> answers = new ArrayList<>();
        for (int i = 0; i < dims.get(0); i++) {
            answers.add(Prediction.of(file + "[" + i + "]", card, row(rows, i)));
        }
        return answers;
    }

    private float[] row(float[] rows, int index) {
        int classes = model.classes();
        return Arrays.copyOfRange(rows, index * classes, (index + 1) * classes);
    }

    /** The file system's own reason where there is one: the file is missing, or may not be read. */
    private static String reason(ImageException e) {
        return IoReason.describe(e.getCause() instanceof FileSystemException cause ? cause : e);
    }
}
