package dev.kinglet.spring;

import dev.kinglet.image.Batch;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.RgbImage;
import dev.kinglet.infer.Answer;
import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.ClassifierListener;
import dev.kinglet.infer.LabeledScore;
import dev.kinglet.network.Card;
import dev.kinglet.onnx.InputType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The classifier of one model of {@code kinglet.models}: opened once, at start or at its first use. Where it cannot be
 * opened, every use throws an {@link IllegalStateException} that says why. Safe for several threads.
 */
final class ManagedClassifier implements Classifier {
    private static final RgbImage ONE_PIXEL = new RgbImage(1, 1, new byte[3]);
    private static final Logger LOG = LoggerFactory.getLogger(ManagedClassifier.class);

    private final String model;
    private final String location;
    private final Opening opening;
    private final Optional<ClassifierListener> listener;
    private final Duration shutdownTimeout;
    private final Object lock = new Object(); // of opening and closing
    private volatile @Nullable Classifier open;
    private volatile @Nullable Throwable refusal; // why it could not be opened
    private volatile @Nullable Throwable failure; // of the last call, if the classifier was the reason
    private volatile boolean closed;

    /** Opens the model. */
    @FunctionalInterface
    interface Opening {
        /** @param watch is to be notified of the calls */
        Classifier open(ClassifierListener watch) throws IOException;
    }

    /** Condition of a model. */
    enum Condition {
        NOT_OPENED,
        ANSWERING,
        REFUSED,
        FAILING,
        CLOSED
    }

    /**
     * @param model its name, for messages
     * @param location of the file, for messages
     * @param opening makes the classifier, which notifies the listener of its calls
     * @param listener notified here of calls that fail because there is no classifier
     */
    ManagedClassifier(
            String model,
            String location,
            Opening opening,
            Optional<ClassifierListener> listener,
            Duration shutdownTimeout) {
        this.model = model;
        this.location = location;
        this.opening = opening;
        this.listener = listener;
        this.shutdownTimeout = shutdownTimeout;
    }

    /** Opens the model, if that has not been tried yet. */
    void open() {
        synchronized (lock) {
            if (open != null || refusal != null || closed) {
                return;
            }
            try {
                Classifier opened = opening.open(new Watch());
                LOG.info("model {}: {}", model, opened);
                open = opened;
            } catch (IOException | RuntimeException | LinkageError e) { // the last: no native library for this platform
                LOG.error("model {} cannot be used: {}", model, e.getMessage());
                refusal = e;
            }
        }
    }

    /** Remembers whether the last call failed for a reason that is not the caller's. */
    private final class Watch implements ClassifierListener {
        @Override
        public void answered(CallTimes times) {
            if (failure != null) {
                failure = null;
            }
        }

        @Override
        public void failed(CallTimes times, Throwable reason) {
            if (!(reason instanceof IOException
                    || reason instanceof IllegalArgumentException
                    || reason instanceof NullPointerException)) {
                failure = reason;
            }
        }
    }

    Condition condition() {
        if (closed) {
            return Condition.CLOSED;
        }
        if (refusal != null) {
            return Condition.REFUSED;
        }
        if (open == null) {
            return Condition.NOT_OPENED;
        }
        return failure == null ? Condition.ANSWERING : Condition.FAILING;
    }

    /** Runs one image; the {@link #condition} is then known anew. */
    void probe() {
        try {
            classifier().classify(ONE_PIXEL);
        } catch (IOException | RuntimeException e) {
            LOG.debug("model {} still fails", model, e);
        }
    }

    /** Why it cannot be opened, or why its last call failed. */
    Optional<Throwable> reason() {
        Throwable why = refusal;
        return Optional.ofNullable(why != null ? why : failure);
    }

    /** Where its file is. */
    String location() {
        return location;
    }

    private Classifier classifier() {
        Classifier opened = open;
        if (opened == null) {
            open();
            opened = open;
        }
        if (opened == null) {
            Throwable why = refusal;
            throw new IllegalStateException(
                    why == null
                            ? "the classifier of model '" + model + "' is closed"
                            : "model '" + model + "' (kinglet.models." + model + ".path=" + location
                                    + ") cannot be used: " + why.getMessage(),
                    why);
        }
        return opened;
    }

    /** The classifier, for a call. */
    private Classifier called() {
        try {
            return classifier();
        } catch (IllegalStateException e) {
            listener.ifPresent(notified -> notified.failed(new ClassifierListener.CallTimes(0, 0, 0, 0, 0), e));
            throw e;
        }
    }

    @Override
    public Card card() {
        return classifier().card();
    }

    @Override
    public InputType inputType() {
        return classifier().inputType();
    }

    @Override
    public List<LabeledScore> classify(InputStream image) throws IOException {
        return called().classify(image);
    }

    @Override
    public Answer answer(byte[] image) throws ImageException {
        return called().answer(image);
    }

    @Override
    public Answer answer(Path image) throws ImageException {
        return called().answer(image);
    }

    @Override
    public List<Answer> answers(List<RgbImage> images) throws ImageException {
        return called().answers(images);
    }

    @Override
    public float[] logits(RgbImage... images) throws ImageException {
        return called().logits(images);
    }

    @Override
    public float[] logits(Batch batch) {
        return called().logits(batch);
    }

    @Override
    public float[] logits(float[] images, int count) {
        return called().logits(images, count);
    }

    @Override
    public float[] logits(ByteBuffer images, int count) {
        return called().logits(images, count);
    }

    @Override
    public OptionalInt features() {
        return classifier().features();
    }

    @Override
    public float[] embed(byte[] image) throws ImageException {
        return called().embed(image);
    }

    @Override
    public float[] embed(Path image) throws ImageException {
        return called().embed(image);
    }

    @Override
    public float[] embed(RgbImage... images) throws ImageException {
        return called().embed(images);
    }

    @Override
    public float[] embed(Batch batch) {
        return called().embed(batch);
    }

    @Override
    public Outputs outputs(RgbImage... images) throws ImageException {
        return called().outputs(images);
    }

    @Override
    public Outputs outputs(Batch batch) {
        return called().outputs(batch);
    }

    @Override
    public Outputs outputs(ByteBuffer images, int count) {
        return called().outputs(images, count);
    }

    /**
     * Refuses new calls and waits for running ones, but no longer than the timeout: native memory is then freed when the
     * last one ends.
     */
    @Override
    public void close() {
        Classifier opened;
        synchronized (lock) {
            closed = true;
            opened = open;
        }
        if (opened == null) {
            return;
        }
        CountDownLatch freed = new CountDownLatch(1);
        Thread closing = new Thread(
                () -> {
                    opened.close();
                    freed.countDown();
                },
                "kinglet-close-" + model);
        closing.setDaemon(true);
        closing.start();
        try {
            if (!freed.await(shutdownTimeout.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("model {}: calls still run after {} s", model, shutdownTimeout.toMillis() / 1000.0);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String toString() {
        Classifier opened = open;
        return opened == null ? model + ": " + location + ", " + condition() : opened.toString();
    }
}
