package dev.kinglet.infer;

import dev.kinglet.image.Batch;
import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.Pipeline;
import dev.kinglet.image.RgbImage;
import dev.kinglet.network.Card;
import dev.kinglet.onnx.InputType;
import dev.kinglet.onnx.OnnxFile;
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
import java.util.OptionalInt;
import java.util.SplittableRandom;

/** A classifier of a checked file in ONNX Runtime. */
final class OnnxClassifier implements Classifier {
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

    private OnnxClassifier(OnnxFile file, String name, ClassifierOptions options) throws IOException {
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

    /** See {@link Classifier#of}. */
    static Classifier of(OnnxFile file, String name, ClassifierOptions options) throws IOException {
        OnnxClassifier classifier = new OnnxClassifier(file, name, options);
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

    @Override
    public Card card() {
        return card;
    }

    @Override
    public InputType inputType() {
        return inputType;
    }

    @Override
    public Answer answer(byte[] image) throws ImageException {
        Objects.requireNonNull(image, "image");
        return call(1, clock -> answer(decoder.decode(image), clock));
    }

    @Override
    public Answer answer(Path image) throws ImageException {
        Objects.requireNonNull(image, "image");
        return call(1, clock -> answer(decoder.read(image), clock));
    }

    @Override
    public List<Answer> answers(List<RgbImage> images) throws ImageException {
        return call(images.size(), clock -> answers(logits(images.toArray(RgbImage[]::new), clock)));
    }

    @Override
    public List<LabeledScore> classify(InputStream image) throws IOException {
        Objects.requireNonNull(image, "image");
        return call(1, clock -> answer(decoder.decode(image.readNBytes(maxBytes + 1)), clock))
                .scores();
    }

    private Answer answer(RgbImage decoded, CallClock clock) throws ImageException {
        clock.ended(CallClock.Phase.DECODE);
        return answers(logits(new RgbImage[] {decoded}, clock)).get(0);
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

    @Override
    public float[] logits(RgbImage... images) throws ImageException {
        return call(images.length, clock -> logits(images, clock));
    }

    private float[] logits(RgbImage[] images, CallClock clock) throws ImageException {
        return sessions.logits(images.length, prepared(images, clock), clock);
    }

    private SessionPool.Images prepared(RgbImage[] images, CallClock clock) throws ImageException {
        RgbImage[] prepared = new RgbImage[images.length];
        for (int i = 0; i < images.length; i++) {
            prepared[i] = pipeline.apply(images[i], new SplittableRandom(0)); // evaluation is deterministic
        }
        clock.ended(CallClock.Phase.PREPARE);
        return put(prepared);
    }

    private SessionPool.Images put(RgbImage... prepared) {
        return (first, count, buffer) -> {
            for (int i = first; i < first + count; i++) {
                feed.put(prepared[i], buffer);
            }
        };
    }

    @Override
    public float[] logits(Batch batch) {
        SessionPool.Images source = source(batch);
        return call(batch.size(), clock -> sessions.logits(batch.size(), source, clock));
    }

    private SessionPool.Images source(Batch batch) {
        if (batch.imageSize() != card.preprocessing().inputSize()) {
            throw new IllegalArgumentException(name + " takes images of "
                    + card.preprocessing().inputSize() + " pixels a side, not " + batch.imageSize());
        }
        ByteBuffer bytes = batch.pixels().duplicate().clear();
        return (first, count, buffer) ->
                feed.put(bytes.slice(3 * pixels * first, 3 * pixels * count), count, pixels, buffer);
    }

    @Override
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

    @Override
    public float[] logits(ByteBuffer images, int count) {
        SessionPool.Images source = source(images, count);
        return call(count, clock -> sessions.logits(count, source, clock));
    }

    private SessionPool.Images source(ByteBuffer images, int count) {
        int each = 3 * pixels * inputType.bytes();
        if (count < 0 || images.remaining() != (long) count * each) {
            throw new IllegalArgumentException(name + " takes " + each + " bytes per image, not " + images.remaining()
                    + " for " + count + " images");
        }
        return (first, together, buffer) -> {
            ByteBuffer part = images.slice(images.position() + first * each, together * each)
                    .order(images.order());
            if (inputType == InputType.FLOAT32) {
                buffer.asFloatBuffer().put(part.asFloatBuffer());
            } else {
                buffer.put(part);
            }
        };
    }

    @Override
    public OptionalInt features() {
        return sessions.features();
    }

    @Override
    public float[] embed(byte[] image) throws ImageException {
        Objects.requireNonNull(image, "image");
        return call(1, clock -> embed(decoder.decode(image), clock));
    }

    @Override
    public float[] embed(Path image) throws ImageException {
        Objects.requireNonNull(image, "image");
        return call(1, clock -> embed(decoder.read(image), clock));
    }

    private float[] embed(RgbImage decoded, CallClock clock) throws ImageException {
        clock.ended(CallClock.Phase.DECODE);
        return embed(new RgbImage[] {decoded}, clock);
    }

    @Override
    public float[] embed(RgbImage... images) throws ImageException {
        return call(images.length, clock -> embed(images, clock));
    }

    private float[] embed(RgbImage[] images, CallClock clock) throws ImageException {
        return sessions.embeddings(images.length, prepared(images, clock), clock);
    }

    @Override
    public float[] embed(Batch batch) {
        SessionPool.Images source = source(batch);
        return call(batch.size(), clock -> sessions.embeddings(batch.size(), source, clock));
    }

    @Override
    public Outputs outputs(RgbImage... images) throws ImageException {
        return call(images.length, clock -> sessions.outputs(images.length, prepared(images, clock), clock));
    }

    @Override
    public Outputs outputs(Batch batch) {
        SessionPool.Images source = source(batch);
        return call(batch.size(), clock -> sessions.outputs(batch.size(), source, clock));
    }

    @Override
    public Outputs outputs(ByteBuffer images, int count) {
        SessionPool.Images source = source(images, count);
        return call(count, clock -> sessions.outputs(count, source, clock));
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

    @Override
    public void close() {
        sessions.close();
    }

    @Override
    public String toString() {
        return name + ": " + card.model() + ", " + labels().size() + " classes";
    }
}
