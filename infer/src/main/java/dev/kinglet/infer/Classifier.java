package dev.kinglet.infer;

import dev.kinglet.image.Batch;
import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.Pipeline;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;

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
 */
public final class Classifier implements AutoCloseable {
    /** A black BMP: encoded so that it loads the decoder, and too small to take time. */
    private static final byte[] ONE_PIXEL = HexFormat.of()
            .parseHex("424d3a000000000000003600000028000000010000000100000001001800000000000400000000000000"
                    + "00000000000000000000000000000000");

    private final String name;
    private final Card card;
    private final int topK;
    private final Optional<ClassifierListener> listener;
    private final SessionPool sessions;
    private final ImageDecoder decoder;
    private final Pipeline pipeline;
    private final Feed feed;
    private final InputType inputType;
    private final int maxBytes; // of an encoded image
    private final int pixels; // of one prepared image

    private Classifier(OnnxFile file, String name, ClassifierOptions options) throws IOException {
        this.name = name;
        this.card = options.rawScores() ? file.card().uncalibrated() : file.card();
        this.topK = options.topK();
        this.decoder =
                new ImageDecoder(options.imageLimits(), card.preprocessing().orientation());
        this.pipeline = Pipeline.evaluation(card.preprocessing());
        this.inputType = file.inputType();
        this.maxBytes = Math.toIntExact(options.imageLimits().maxBytes());
        this.feed = Feed.of(inputType, card.preprocessing());
        this.pixels = card.preprocessing().inputSize() * card.preprocessing().inputSize();
        this.listener = options.listener();
        this.sessions = new SessionPool(file, name, options.sessions());
    }

    /**
     * Opens a file with {@link ClassifierOptions#defaults()}.
     *
     * @throws IOException if it cannot be used
     */
    public static Classifier open(Path file) throws IOException {
        return open(file, ClassifierOptions.defaults());
    }

    /**
     * Opens a file that Kinglet exported. It is checked in full before ONNX Runtime sees it.
     *
     * @throws IOException if there is none, it is no ONNX file, not one Kinglet writes, or damaged; the message names it
     */
    public static Classifier open(Path file, ClassifierOptions options) throws IOException {
        return of(OnnxFile.read(file), file.toString(), options);
    }

    /**
     * A classifier of a file that has been read already.
     *
     * @param name of the file, for messages
     * @throws IOException if ONNX Runtime refuses it
     */
    public static Classifier of(OnnxFile file, String name, ClassifierOptions options) throws IOException {
        Classifier classifier = new Classifier(file, name, options);
        if (options.warmUp()) {
            classifier.warmUp();
        }
        return classifier;
    }

    private void warmUp() throws IOException {
        try {
            RgbImage prepared = pipeline.apply(decoder.decode(ONE_PIXEL), new SplittableRandom(0));
            sessions.warmUp(put(prepared));
        } catch (Throwable e) {
            close();
            throw e;
        }
    }

    /** The model card that the file contains, without temperature and rejection if raw scores were asked for. */
    public Card card() {
        return card;
    }

    /** Class names, by index of the output. */
    public List<String> labels() {
        return card.labels();
    }

    /** Preparation of an image for the network. */
    public Preprocessing preprocessing() {
        return card.preprocessing();
    }

    /** Type of the numbers that the network itself takes. */
    public InputType inputType() {
        return inputType;
    }

    /**
     * Classes of an encoded image (JPEG, PNG and others), best first.
     *
     * @throws ImageException if it cannot be decoded, or is beyond the limits
     * @throws IllegalStateException if the classifier is closed
     */
    public List<LabeledScore> classify(byte[] image) throws ImageException {
        Objects.requireNonNull(image, "image");
        return call(1, clock -> only(decoder.decode(image), clock));
    }

    /**
     * Classes of an encoded image that is read from a stream to its end, best first.
     *
     * @param image not closed
     * @throws ImageException if it cannot be decoded, or is beyond the limits
     * @throws IOException if the stream cannot be read
     */
    public List<LabeledScore> classify(InputStream image) throws IOException {
        Objects.requireNonNull(image, "image");
        return call(1, clock -> only(decoder.decode(image.readNBytes(maxBytes + 1)), clock));
    }

    /**
     * Classes of an image that Java's own libraries decoded or drew, best first. Alpha is ignored. Java's decoders differ
     * from Kinglet's by some values of a JPEG, and know no EXIF orientation.
     *
     * @throws ImageException if the network takes no image of its size
     */
    public List<LabeledScore> classify(BufferedImage image) throws ImageException {
        Objects.requireNonNull(image, "image");
        return classify(BufferedImages.rgb(image));
    }

    /**
     * Classes of an image file, best first.
     *
     * @throws ImageException if it cannot be read or decoded
     */
    public List<LabeledScore> classify(Path image) throws ImageException {
        Objects.requireNonNull(image, "image");
        return call(1, clock -> only(decoder.read(image), clock));
    }

    /** Classes of an image of any size, best first. */
    public List<LabeledScore> classify(RgbImage image) throws ImageException {
        Objects.requireNonNull(image, "image");
        return classify(List.of(image)).get(0);
    }

    /** Classes of each of several images, which are run together: by image, best first. */
    public List<List<LabeledScore>> classify(List<RgbImage> images) throws ImageException {
        return answers(images).stream().map(Answer::scores).toList();
    }

    /**
     * The answer to an encoded image: its classes, and whether it is of none of them.
     *
     * @throws ImageException if it cannot be decoded, or is beyond the limits
     */
    public Answer answer(byte[] image) throws ImageException {
        Objects.requireNonNull(image, "image");
        return call(1, clock -> answer(decoder.decode(image), clock));
    }

    /**
     * The answer to an image file.
     *
     * @throws ImageException if it cannot be read or decoded
     */
    public Answer answer(Path image) throws ImageException {
        Objects.requireNonNull(image, "image");
        return call(1, clock -> answer(decoder.read(image), clock));
    }

    /** The answers to several images, which are run together. */
    public List<Answer> answers(List<RgbImage> images) throws ImageException {
        return call(images.size(), clock -> answers(logits(images.toArray(RgbImage[]::new), clock)));
    }

    private Answer answer(RgbImage decoded, CallClock clock) throws ImageException {
        clock.ended(CallClock.Phase.DECODE);
        return answers(logits(new RgbImage[] {decoded}, clock)).get(0);
    }

    private List<LabeledScore> only(RgbImage decoded, CallClock clock) throws ImageException {
        return answer(decoded, clock).scores();
    }

    private List<Answer> answers(float[] logits) {
        int classes = labels().size();
        List<Answer> answers = new ArrayList<>();
        for (int from = 0; from < logits.length; from += classes) {
            try {
                answers.add(Answer.of(Arrays.copyOfRange(logits, from, from + classes), card, topK));
            } catch (IllegalArgumentException e) { // of weights that are not numbers
                throw new IllegalStateException(name + " gives no usable answer: " + e.getMessage(), e);
            }
        }
        return answers;
    }

    /**
     * The network's outputs for images of any sizes.
     *
     * @return {@code [images.length, classes]}, the background class included
     */
    public float[] logits(RgbImage... images) throws ImageException {
        return call(images.length, clock -> logits(images, clock));
    }

    private float[] logits(RgbImage[] images, CallClock clock) throws ImageException {
        RgbImage[] prepared = new RgbImage[images.length];
        for (int i = 0; i < images.length; i++) {
            prepared[i] = pipeline.apply(images[i], new SplittableRandom(0)); // evaluation is deterministic
        }
        clock.ended(CallClock.Phase.PREPARE);
        return sessions.logits(images.length, put(prepared), clock);
    }

    private SessionPool.Images put(RgbImage... prepared) {
        return (first, count, buffer) -> {
            for (int i = first; i < first + count; i++) {
                feed.put(prepared[i], buffer);
            }
        };
    }

    /**
     * The network's outputs for images that are resized and cropped, but not normalized.
     *
     * @return {@code [batch.size(), classes]}, the background class included
     * @throws IllegalArgumentException if the images are not of the network's size
     */
    public float[] logits(Batch batch) {
        if (batch.imageSize() != card.preprocessing().inputSize()) {
            throw new IllegalArgumentException(name + " takes images of "
                    + card.preprocessing().inputSize() + " pixels a side, not " + batch.imageSize());
        }
        ByteBuffer bytes = batch.pixels().duplicate().clear();
        SessionPool.Images source = (first, count, buffer) ->
                feed.put(bytes.slice(3 * pixels * first, 3 * pixels * count), count, pixels, buffer);
        return call(batch.size(), clock -> sessions.logits(batch.size(), source, clock));
    }

    /**
     * The network's outputs for images that are fully prepared.
     *
     * @param images {@code [count, 3, height, width]}, normalized
     * @return {@code [count, classes]}, the background class included
     * @throws IllegalArgumentException if the array is not of that length, or the file has uint8 input
     */
    public float[] logits(float[] images, int count) {
        if (inputType != InputType.FLOAT32) {
            throw new IllegalArgumentException(name + " takes " + inputType.key()
                    + " images and normalizes them itself, so it cannot take float32 numbers; give it images, or export it"
                    + " without --uint8-input");
        }
        int each = 3 * pixels;
        if (count < 0 || images.length != (long) count * each) {
            throw new IllegalArgumentException(
                    name + " takes " + each + " values per image, not " + images.length + " for " + count + " images");
        }
        SessionPool.Images source =
                (first, together, buffer) -> buffer.asFloatBuffer().put(images, first * each, together * each);
        return call(count, clock -> sessions.logits(count, source, clock));
    }

    /**
     * The network's outputs for images that are as the file's own input takes them.
     *
     * @param images {@code [count, 3, height, width]} of the {@link #inputType()}, float32 numbers normalized; from its
     *     position to its limit, in its own byte order; left as it is
     * @return {@code [count, classes]}, the background class included
     * @throws IllegalArgumentException if the buffer is not of that length
     */
    public float[] logits(ByteBuffer images, int count) {
        int each = 3 * pixels * inputType.bytes();
        if (count < 0 || images.remaining() != (long) count * each) {
            throw new IllegalArgumentException(name + " takes " + each + " bytes per image, not " + images.remaining()
                    + " for " + count + " images");
        }
        SessionPool.Images source = (first, together, buffer) -> {
            ByteBuffer part = images.slice(images.position() + first * each, together * each)
                    .order(images.order());
            if (inputType == InputType.FLOAT32) {
                buffer.asFloatBuffer().put(part.asFloatBuffer());
            } else {
                buffer.put(part);
            }
        };
        return call(count, clock -> sessions.logits(count, source, clock));
    }

    /** Body of one call. */
    @FunctionalInterface
    private interface Work<T, X extends Exception> {
        T with(CallClock clock) throws X;
    }

    /** Runs a call and notifies the listener. */
    private <T, X extends Exception> T call(int images, Work<T, X> work) throws X {
        CallClock clock =
                listener.map(given -> CallClock.started(given, images)).orElse(CallClock.OFF);
        T answer;
        try {
            answer = work.with(clock);
        } catch (Throwable e) {
            clock.failed(e);
            throw e;
        }
        clock.answered();
        return answer;
    }

    /** Waits for running calls and frees everything; later calls throw {@link IllegalStateException}. */
    @Override
    public void close() {
        sessions.close();
    }

    @Override
    public String toString() {
        return name + ": " + card.model() + ", " + labels().size() + " classes";
    }
}
