package dev.kinglet.infer;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import dev.kinglet.network.Shape;
import dev.kinglet.onnx.InputType;
import dev.kinglet.onnx.OnnxException;
import dev.kinglet.onnx.OnnxFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A bounded pool of sessions of one checked file, each run by one thread at a time, its caller's. To ONNX Runtime they are one
 * session, which several threads may run at once: a further one would only be another copy of the weights. Safe for several
 * threads.
 */
final class SessionPool implements AutoCloseable {
    /** Largest number of images in one run; more gain nothing on a CPU, and the buffers grow with them. */
    static final int MAX_BATCH = 16;

    private static final long MAX_ELEMENTS = 1 << 24; // of the images of one run, unless one alone has more

    private final OrtEnvironment environment = RuntimeLibraries.environment();
    private final String name;
    private final Shape image;
    private final String input;
    private final InputType inputType;
    private final Output logits;
    private final Optional<Output> embedding;
    private final int maxBatch; // images in one run
    private final int maxSessions;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Worker> idle = new ArrayDeque<>();
    private int created; // idle, running or being created
    private boolean closed;
    private @Nullable OrtSession session; // until closed

    /**
     * Puts images {@code [count, 3, height, width]}, from the {@code first} on, into a buffer of native byte order: as
     * normalized float32 numbers or as uint8 pixels, by the type of the file's input.
     */
    @FunctionalInterface
    interface Images {
        void put(int first, int count, ByteBuffer buffer);
    }

    /** An output of the file, {@code [batch, width]}. */
    private record Output(String name, int width) {}

    /**
     * @param name of the file, for messages
     * @throws OnnxException if ONNX Runtime refuses the file
     * @throws UnsatisfiedLinkError if its native library cannot be loaded
     */
    SessionPool(OnnxFile file, String name, int sessions) throws OnnxException {
        this.name = name;
        this.image = file.image();
        this.input = file.input();
        this.inputType = file.inputType();
        this.logits = new Output(file.output(), file.classes());
        this.embedding = file.features().isPresent()
                ? Optional.of(new Output(OnnxFile.EMBEDDING, file.features().getAsInt()))
                : Optional.empty();
        this.maxBatch = (int) Math.max(1, Math.min(MAX_BATCH, MAX_ELEMENTS / image.elements()));
        this.maxSessions = sessions;
        try (SessionOptions options = options()) {
            session = environment.createSession(file.bytes(), options);
        } catch (OrtException e) {
            throw new OnnxException(name + ": ONNX Runtime refuses it: " + e.getMessage(), e);
        }
    }

    /**
     * Logits of images, at most {@link #MAX_BATCH} in a run. Waits while all sessions are running.
     *
     * @return {@code [count, classes]}
     * @throws IllegalStateException if the pool is closed, or ONNX Runtime fails
     */
    float[] logits(int count, Images images) {
        return logits(count, images, CallClock.OFF);
    }

    /** The same, with its phases measured by {@code clock}. */
    float[] logits(int count, Images images, CallClock clock) {
        return run(List.of(logits), count, images, clock).get(0);
    }

    /**
     * Embeddings of images, likewise.
     *
     * @return {@code [count, features]}
     * @throws UnsupportedOperationException if the file has none
     */
    float[] embeddings(int count, Images images, CallClock clock) {
        return run(List.of(embedding()), count, images, clock).get(0);
    }

    /**
     * Logits and embeddings of images, likewise, of the same runs.
     *
     * @throws UnsupportedOperationException if the file has no embeddings
     */
    Classifier.Outputs outputs(int count, Images images, CallClock clock) {
        List<float[]> both = run(List.of(logits, embedding()), count, images, clock);
        return new Classifier.Outputs(both.get(0), both.get(1));
    }

    private Output embedding() {
        return embedding.orElseThrow(() -> Embeddings.missing(name));
    }

    /** Length of an embedding; empty if the file has none. */
    OptionalInt features() {
        return embedding.isPresent() ? OptionalInt.of(embedding.get().width()) : OptionalInt.empty();
    }

    /** Outputs for images, {@code [count, width]} each; those that are not named are not fetched. */
    private List<float[]> run(List<Output> outputs, int count, Images images, CallClock clock) {
        List<float[]> results = new ArrayList<>();
        for (Output output : outputs) {
            results.add(new float[Math.multiplyExact(count, output.width())]);
        }
        try {
            Worker worker = borrow();
            clock.ended(CallClock.Phase.WAIT);
            try {
                for (int first = 0; first < count; first += maxBatch) {
                    worker.run(outputs, first, Math.min(maxBatch, count - first), images, results, clock);
                }
            } finally {
                giveBack(worker);
            }
        } catch (OrtException e) {
            throw new IllegalStateException(name + ": ONNX Runtime failed: " + e.getMessage(), e);
        }
        return results;
    }

    /**
     * Creates every session and runs one image through each. For a pool that nobody else uses yet.
     *
     * @throws IllegalStateException if ONNX Runtime fails
     */
    void warmUp(Images image) {
        List<Worker> workers = new ArrayList<>();
        try {
            while (workers.size() < maxSessions) {
                workers.add(borrow());
            }
            for (Worker worker : workers) {
                worker.run(List.of(logits), 0, 1, image, List.of(new float[logits.width()]), CallClock.OFF);
            }
        } catch (OrtException e) {
            throw new IllegalStateException(name + ": ONNX Runtime failed: " + e.getMessage(), e);
        } finally {
            workers.forEach(this::giveBack);
        }
    }

    private Worker borrow() {
        OrtSession shared;
        lock.lock();
        try {
            while (!closed && idle.isEmpty() && created == maxSessions) {
                changed.awaitUninterruptibly();
            }
            if (closed || session == null) {
                throw new IllegalStateException("the classifier of " + name + " is closed");
            }
            if (!idle.isEmpty()) {
                return idle.pop(); // the last one used: its memory is warm
            }
            shared = session;
            created++;
        } finally {
            lock.unlock();
        }
        @Nullable Worker worker = null;
        try {
            worker = new Worker(shared);
            return worker;
        } finally {
            if (worker == null) {
                forget();
            }
        }
    }

    /** Gives up a session that could not be created, which {@link #created} counts. */
    private void forget() {
        lock.lock();
        try {
            created--;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void giveBack(Worker worker) {
        lock.lock();
        try {
            idle.push(worker);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits for running calls, frees the session; calls that are waiting for one, and later ones, are refused. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
            while (idle.size() < created) {
                changed.awaitUninterruptibly();
            }
            idle.clear();
            created = 0;
            if (session != null) {
                session.close();
                session = null;
            }
        } catch (OrtException e) {
            throw new IllegalStateException(name + ": ONNX Runtime could not free a session: " + e.getMessage(), e);
        } finally {
            lock.unlock();
        }
    }

    static OnnxJavaType type(InputType type) {
        return switch (type) {
            case FLOAT32 -> OnnxJavaType.FLOAT;
            case UINT8 -> OnnxJavaType.UINT8;
        };
    }

    /** One thread, the caller's; the caller closes them. */
    static SessionOptions options() throws OrtException {
        SessionOptions options = new SessionOptions();
        try {
            options.setOptimizationLevel(SessionOptions.OptLevel.ALL_OPT);
            options.setIntraOpNumThreads(1); // the caller's own
            options.setInterOpNumThreads(1);
            options.addConfigEntry("session.intra_op.allow_spinning", "0"); // slow beside any other program
            return options;
        } catch (OrtException | RuntimeException e) {
            options.close();
            throw e;
        }
    }

    /** The session and a buffer that images are put into; used by one thread at a time. */
    private final class Worker {
        private final OrtSession session;
        private ByteBuffer images = buffer(1); // direct, so that ONNX Runtime reads it where it is

        Worker(OrtSession session) {
            this.session = session;
        }

        private ByteBuffer buffer(int count) {
            return ByteBuffer.allocateDirect(size(count)).order(ByteOrder.nativeOrder());
        }

        private int size(int count) {
            return Math.toIntExact(count * image.elements() * inputType.bytes());
        }

        /** Runs images {@code first} to {@code first + count} and puts each output's rows of them into its {@code results}. */
        void run(List<Output> outputs, int first, int count, Images source, List<float[]> results, CallClock clock)
                throws OrtException {
            if (images.capacity() < size(count)) {
                images = buffer(count);
            }
            source.put(first, count, images.clear().limit(size(count)));
            clock.ended(CallClock.Phase.PREPARE);
            long[] shape = {count, image.channels(), image.height(), image.width()};
            Set<String> names = outputs.stream().map(Output::name).collect(Collectors.toUnmodifiableSet());
            try (OnnxTensor x = OnnxTensor.createTensor(environment, images.rewind(), shape, type(inputType));
                    OrtSession.Result result = session.run(Map.of(input, x), names)) {
                for (int i = 0; i < outputs.size(); i++) {
                    int width = outputs.get(i).width();
                    OnnxTensor rows =
                            (OnnxTensor) result.get(outputs.get(i).name()).orElseThrow();
                    rows.getFloatBuffer().get(results.get(i), first * width, count * width);
                }
            }
            clock.ended(CallClock.Phase.RUN);
        }
    }
}
