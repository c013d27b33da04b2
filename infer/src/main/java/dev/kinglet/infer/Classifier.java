package dev.kinglet.infer;

import dev.kinglet.image.Batch;
import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.RgbImage;
import dev.kinglet.network.Card;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.onnx.InputType;
import dev.kinglet.onnx.OnnxFile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * An image classifier: an exported network and the preparation of its images. The file itself says how images are
 * prepared and what the classes are called; nothing else is needed.
 *
 * <p>Safe for several threads: each call runs on its caller's thread, and as many at once as there are sessions; further
 * calls wait. All native memory belongs to the classifier and is freed when it is closed.
 *
 * <pre>{@code
 * try (Classifier classifier = Classifier.open(Path.of("birds.onnx"))) {
 *     LabeledScore best = classifier.classify(Path.of("photo.jpg")).get(0);
 *     System.out.println(best.label() + " " + best.score());
 * }
 * }</pre>
 *
 * <p>An interface for the sake of those that wrap one, such as a framework. A minor version may add methods.
 */
public interface Classifier extends AutoCloseable {
    /**
     * Opens a file with {@link ClassifierOptions#defaults()}.
     *
     * @throws IOException if it cannot be used
     */
    static Classifier open(Path file) throws IOException {
        return open(file, ClassifierOptions.defaults());
    }

    /**
     * Opens a file that Kinglet exported. It is checked in full before ONNX Runtime sees it.
     *
     * @throws IOException if there is none, it is no ONNX file, not one Kinglet writes, or damaged; the message names it
     */
    static Classifier open(Path file, ClassifierOptions options) throws IOException {
        return of(OnnxFile.read(file), file.toString(), options);
    }

    /**
     * A classifier of a file that has been read already.
     *
     * @param name of the file, for messages
     * @throws IOException if ONNX Runtime refuses it
     */
    static Classifier of(OnnxFile file, String name, ClassifierOptions options) throws IOException {
        return OnnxClassifier.of(file, name, options);
    }

    /**
     * Loads the native libraries, which the first classifier would wait for otherwise: for programs that do other things
     * meanwhile. Returns at once if they are loaded.
     *
     * @throws UnsatisfiedLinkError if one cannot be; the message says what to do
     */
    static void load() {
        ImageDecoder.load();
        RuntimeLibraries.environment();
    }

    /** The model card that the file contains, without temperature and rejection if raw scores were asked for. */
    Card card();

    /** Class names, by index of the output. */
    default List<String> labels() {
        return card().labels();
    }

    /** Preparation of an image for the network. */
    default Preprocessing preprocessing() {
        return card().preprocessing();
    }

    /** Type of the numbers that the network itself takes. */
    InputType inputType();

    /**
     * Classes of an encoded image (JPEG, PNG and others), best first.
     *
     * @throws ImageException if it cannot be decoded, or is beyond the limits
     * @throws IllegalStateException if the classifier is closed
     */
    default List<LabeledScore> classify(byte[] image) throws ImageException {
        return answer(image).scores();
    }

    /**
     * Classes of an encoded image that is read from a stream to its end, best first.
     *
     * @param image not closed
     * @throws ImageException if it cannot be decoded, or is beyond the limits
     * @throws IOException if the stream cannot be read
     */
    List<LabeledScore> classify(InputStream image) throws IOException;

    /**
     * Classes of an image that Java's own libraries decoded or drew, best first. Alpha is ignored. Java's decoders differ
     * from Kinglet's by some values of a JPEG, and know no EXIF orientation.
     *
     * @throws ImageException if the network takes no image of its size
     */
    default List<LabeledScore> classify(BufferedImage image) throws ImageException {
        Objects.requireNonNull(image, "image");
        return classify(BufferedImages.rgb(image));
    }

    /**
     * Classes of an image file, best first.
     *
     * @throws ImageException if it cannot be read or decoded
     */
    default List<LabeledScore> classify(Path image) throws ImageException {
        return answer(image).scores();
    }

    /** Classes of an image of any size, best first. */
    default List<LabeledScore> classify(RgbImage image) throws ImageException {
        Objects.requireNonNull(image, "image");
        return classify(List.of(image)).get(0);
    }

    /** Classes of each of several images, which are run together: by image, best first. */
    default List<List<LabeledScore>> classify(List<RgbImage> images) throws ImageException {
        return answers(images).stream().map(Answer::scores).toList();
    }

    /**
     * The answer to an encoded image: its classes, and whether it is of none of them.
     *
     * @throws ImageException if it cannot be decoded, or is beyond the limits
     */
    Answer answer(byte[] image) throws ImageException;

    /**
     * The answer to an image file.
     *
     * @throws ImageException if it cannot be read or decoded
     */
    Answer answer(Path image) throws ImageException;

    /** The answers to several images, which are run together. */
    List<Answer> answers(List<RgbImage> images) throws ImageException;

    /**
     * The network's outputs for images of any sizes.
     *
     * @return {@code [images.length, classes]}, the background class included
     */
    float[] logits(RgbImage... images) throws ImageException;

    /**
     * The network's outputs for images that are resized and cropped, but not normalized.
     *
     * @return {@code [batch.size(), classes]}, the background class included
     * @throws IllegalArgumentException if the images are not of the network's size
     */
    float[] logits(Batch batch);

    /**
     * The network's outputs for images that are fully prepared.
     *
     * @param images {@code [count, 3, height, width]}, normalized
     * @return {@code [count, classes]}, the background class included
     * @throws IllegalArgumentException if the array is not of that length, or the file has uint8 input
     */
    float[] logits(float[] images, int count);

    /**
     * The network's outputs for images that are as the file's own input takes them.
     *
     * @param images {@code [count, 3, height, width]} of the {@link #inputType()}, float32 numbers normalized; from its
     *     position to its limit, in its own byte order; left as it is
     * @return {@code [count, classes]}, the background class included
     * @throws IllegalArgumentException if the buffer is not of that length
     */
    float[] logits(ByteBuffer images, int count);

    /** Length of an embedding; empty if the file was exported without them. */
    default OptionalInt features() {
        return OptionalInt.empty();
    }

    /**
     * The embedding of an encoded image (JPEG, PNG and others): the features that the network's last linear layer reads. Images that
     * the network finds alike have embeddings of a small angle; see {@link Embeddings}.
     *
     * @return {@code [features]}, as the network computes them, not normalized
     * @throws ImageException if it cannot be decoded, or is beyond the limits
     * @throws UnsupportedOperationException if the file was exported without embeddings; so with the others
     */
    default float[] embed(byte[] image) throws ImageException {
        throw Embeddings.missing(toString());
    }

    /**
     * The embedding of an image file.
     *
     * @return {@code [features]}, not normalized
     * @throws ImageException if it cannot be read or decoded
     */
    default float[] embed(Path image) throws ImageException {
        throw Embeddings.missing(toString());
    }

    /**
     * The embedding of an image that Java's own libraries decoded or drew; see {@link #classify(BufferedImage)}.
     *
     * @return {@code [features]}, not normalized
     * @throws ImageException if the network takes no image of its size
     */
    default float[] embed(BufferedImage image) throws ImageException {
        Objects.requireNonNull(image, "image");
        return embed(BufferedImages.rgb(image));
    }

    /**
     * The embeddings of images of any sizes, which are run together.
     *
     * @return {@code [images.length, features]}, not normalized
     */
    default float[] embed(RgbImage... images) throws ImageException {
        throw Embeddings.missing(toString());
    }

    /**
     * The embeddings of images that are resized and cropped, but not normalized by mean and standard deviation.
     *
     * @return {@code [batch.size(), features]}, not normalized
     * @throws IllegalArgumentException if the images are not of the network's size
     */
    default float[] embed(Batch batch) {
        throw Embeddings.missing(toString());
    }

    /**
     * Both outputs of a file with embeddings for some images, of one run.
     *
     * @param logits {@code [images, classes]}, the background class included
     * @param embeddings {@code [images, features]}, not normalized
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Outputs(float[] logits, float[] embeddings) {}

    /**
     * Logits and embeddings of images of any sizes, which are run together, once. {@link Answer#of} makes an answer of logits.
     *
     * @throws UnsupportedOperationException if the file was exported without embeddings; so with the others
     */
    default Outputs outputs(RgbImage... images) throws ImageException {
        throw Embeddings.missing(toString());
    }

    /**
     * Logits and embeddings of images that are resized and cropped, but not normalized.
     *
     * @throws IllegalArgumentException if the images are not of the network's size
     */
    default Outputs outputs(Batch batch) {
        throw Embeddings.missing(toString());
    }

    /**
     * Logits and embeddings of images that are as the file's own input takes them.
     *
     * @param images {@code [count, 3, height, width]} as {@link #logits(ByteBuffer, int)} takes them
     * @throws IllegalArgumentException if the buffer is not of that length
     */
    default Outputs outputs(ByteBuffer images, int count) {
        throw Embeddings.missing(toString());
    }

    /** Waits for running calls and frees everything; later calls throw {@link IllegalStateException}. */
    @Override
    void close();
}
