package dev.kinglet.serve;

import dev.kinglet.image.ImageException;
import dev.kinglet.image.RgbImage;
import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.Classifier.Outputs;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Images that wait, and the workers that decode and run them: one thread for each session, so that nothing runs on the
 * threads of the network. A worker that becomes free takes its part of what waits, images of one version together. Safe for several threads.
 */
final class InferenceQueue implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(InferenceQueue.class);
    private static final long MAX_BATCH_PIXELS = 16_000_000; // decoded and held at once, but for a single larger image

    private final Limits limits;
    private final ServerMetrics metrics;
    private final int workers;
    private final List<Thread> threads = new ArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Work.Task> waiting = new ArrayDeque<>();
    private long waitingBytes;
    private int busy; // workers
    private boolean closed;

    InferenceQueue(Limits limits, int workers, ServerMetrics metrics) {
        this.limits = limits;
        this.workers = workers;
        this.metrics = metrics;
    }

    /** Starts the workers. */
    void start() {
        for (int i = 0; i < workers; i++) {
            Thread thread = new Thread(this::work, "kinglet-worker-" + i);
            thread.setDaemon(true);
            thread.start();
            threads.add(thread);
        }
    }

    /** Whether another image would be refused: known before its request is read. */
    boolean isFull() {
        lock.lock();
        try {
            return waiting.size() >= limits.queueImages() || waitingBytes >= limits.queueBytes();
        } finally {
            lock.unlock();
        }
    }

    /** Images that wait. */
    int depth() {
        lock.lock();
        try {
            return waiting.size();
        } finally {
            lock.unlock();
        }
    }

    Refusal full() {
        return Refusal.busy("the queue is full: at most " + limits.queueImages() + " images (max-queue) and "
                + limits.queueBytes() + " bytes (max-queue-bytes) wait; try again later");
    }

    /** Takes the images of a request, or fails its answer at once. */
    void add(Work work) {
        Refusal refusal = queued(work);
        if (refusal != null) {
            work.fail(refusal); // what depends on it is not run under the lock
        }
    }

    private @Nullable Refusal queued(Work work) {
        lock.lock();
        try {
            if (closed) {
                return Refusal.unavailable("the server is shutting down");
            }
            if (waiting.size() + work.size() > limits.queueImages()
                    || waitingBytes + work.bytes() > limits.queueBytes()) {
                return full();
            }
            for (int i = 0; i < work.size(); i++) {
                waiting.add(new Work.Task(work, i));
            }
            waitingBytes += work.bytes();
            if (work.size() == 1 && limits.batchDelay().isZero()) {
                changed.signal(); // to wake a worker takes as long as a good part of the rest
            } else {
                changed.signalAll();
            }
            return null;
        } finally {
            lock.unlock();
        }
    }

    private void work() {
        List<Work.Task> batch = new ArrayList<>();
        List<Work> late = new ArrayList<>();
        while (true) {
            batch.clear();
            late.clear();
            try {
                if (!take(batch, late)) {
                    return;
                }
                for (Work work : late) {
                    work.fail(new Refusal(Refusal.Kind.LATE, "the deadline passed before the images' turn came"));
                }
                if (!batch.isEmpty()) {
                    runAndRelease(batch);
                }
            } catch (InterruptedException e) {
                return;
            } catch (Throwable e) { // whatever it is, the worker goes on
                LOG.error("a batch failed", e);
            }
        }
    }

    private void runAndRelease(List<Work.Task> batch) {
        LoadedVersion version = batch.get(0).work().version();
        try {
            run(version, batch);
        } catch (Throwable e) {
            LOG.error("a batch failed", e);
            fail(batch);
        } finally {
            free();
            version.release();
        }
    }

    private void free() {
        lock.lock();
        try {
            busy--;
            if (!limits.batchDelay().isZero()) {
                changed.signalAll(); // who waits for a batch to fill waits only while another is busy
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for images and takes some; or for works whose deadline has passed, which the caller fails.
     *
     * @return whether there will be more
     */
    private boolean take(List<Work.Task> batch, List<Work> late) throws InterruptedException {
        lock.lock();
        try {
            while (batch.isEmpty() && late.isEmpty()) {
                while (waiting.isEmpty()) {
                    if (closed) {
                        return false;
                    }
                    changed.await();
                }
                long left = limits.batchDelay().toNanos();
                while (left > 0 && busy > 0 && !closed && !waiting.isEmpty() && waiting.size() < limits.batchImages()) {
                    left = changed.awaitNanos(left);
                }
                collect(batch, late);
            }
            if (!batch.isEmpty()) {
                busy++;
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Moves images of the version that has waited longest, and acquires it, for a request that is cancelled releases it. */
    private void collect(List<Work.Task> batch, List<Work> late) {
        int perWorker = (waiting.size() + workers - 1) / workers; // those that are busy will be free soon
        int max = Math.min(limits.batchImages(), perWorker);
        for (Iterator<Work.Task> tasks = waiting.iterator(); tasks.hasNext() && batch.size() < max; ) {
            Work.Task task = tasks.next();
            if (!batch.isEmpty() && task.work().version() != batch.get(0).work().version()) {
                continue;
            }
            tasks.remove();
            waitingBytes -= task.image().size();
            if (task.work().isOver()) {
                continue;
            }
            if (task.work().isLate()) {
                late.add(task.work());
                continue;
            }
            if (batch.isEmpty() && !task.work().version().acquire()) {
                continue; // cancelled a moment ago
            }
            task.work().taken();
            batch.add(task);
        }
    }

    /** Decodes what is encoded, and runs images together: those that are prepared, and as many others as fit into memory. */
    private void run(LoadedVersion version, List<Work.Task> batch) {
        List<Work.Task> tasks = new ArrayList<>();
        List<RgbImage> images = new ArrayList<>();
        List<Work.Task> prepared = new ArrayList<>();
        long pixels = 0;
        for (Work.Task task : batch) {
            if (!(task.image() instanceof ImageInput.Encoded encoded)) {
                prepared.add(task);
                continue;
            }
            long start = System.nanoTime();
            try {
                RgbImage image = version.decode(encoded.bytes());
                pixels += (long) image.width() * image.height();
                images.add(image);
                tasks.add(task);
            } catch (ImageException e) {
                task.work().fail(invalid(task, e));
            }
            task.work().decoded(System.nanoTime() - start);
            if (pixels > MAX_BATCH_PIXELS) {
                runImages(version, tasks, images);
                tasks.clear();
                images.clear();
                pixels = 0;
            }
        }
        runImages(version, tasks, images);
        runPrepared(version, prepared);
    }

    private void runImages(LoadedVersion version, List<Work.Task> tasks, List<RgbImage> images) {
        Classifier classifier = version.classifier();
        runTogether(tasks, (first, count, embeddings) -> {
            RgbImage[] some = images.subList(first, first + count).toArray(RgbImage[]::new);
            return embeddings ? classifier.outputs(some) : logits(classifier.logits(some));
        });
    }

    private void runPrepared(LoadedVersion version, List<Work.Task> tasks) {
        Classifier classifier = version.classifier();
        runTogether(tasks, (first, count, embeddings) -> {
            ByteBuffer some = together(tasks.subList(first, first + count));
            return embeddings ? classifier.outputs(some, count) : logits(classifier.logits(some, count));
        });
    }

    private static Outputs logits(float[] logits) {
        return new Outputs(logits, new float[0]);
    }

    private static ByteBuffer together(List<Work.Task> tasks) {
        if (tasks.size() == 1) {
            return ((ImageInput.Prepared) tasks.get(0).image()).data();
        }
        int bytes = tasks.stream().mapToInt(task -> task.image().size()).sum();
        ByteBuffer all = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (Work.Task task : tasks) {
            all.put(((ImageInput.Prepared) task.image()).data().duplicate());
        }
        return all.flip();
    }

    /** Runs images together; if that fails, each alone, because one that fails is not the others' failure. */
    private void runTogether(List<Work.Task> tasks, Run run) {
        if (tasks.isEmpty() || run(tasks, 0, tasks.size(), run) || tasks.size() == 1) {
            return;
        }
        for (int i = 0; i < tasks.size(); i++) {
            run(tasks, i, 1, run);
        }
    }

    /** Runs some of the images; with embeddings if one of them is to have one, which the others leave. */
    private interface Run {
        Outputs outputs(int first, int count, boolean embeddings) throws ImageException;
    }

    /**
     * Runs images, and answers. If one image alone fails, its request does.
     *
     * @return whether they were run
     */
    private boolean run(List<Work.Task> all, int first, int count, Run run) {
        List<Work.Task> tasks = all.subList(first, first + count);
        Work.Task task = tasks.get(0);
        long start = System.nanoTime();
        boolean embeddings = tasks.stream().anyMatch(one -> one.work().wantsEmbeddings());
        Outputs outputs;
        try {
            outputs = run.outputs(first, count, embeddings);
        } catch (ImageException e) { // too small for the network, or of a shape it cannot be cropped from
            if (count == 1) {
                task.work().fail(invalid(task, e));
            }
            return false;
        } catch (RuntimeException | Error e) {
            if (count == 1) {
                LOG.error("{} failed", task.work().version().classifier(), e);
                fail(tasks);
            }
            return false;
        }
        metrics.batch(task.work().version().model(), count);
        long each = (System.nanoTime() - start) / count;
        for (int i = 0; i < count; i++) {
            tasks.get(i).work().answer(tasks.get(i).index(), outputs, i, each);
        }
        return true;
    }

    private static Refusal invalid(Work.Task task, ImageException e) {
        String limit = String.valueOf(e.getMessage()).contains("pixels are too many") ? " (max-pixels)" : "";
        return Refusal.invalid("image " + task.index() + ": " + e.getMessage() + limit);
    }

    private static void fail(List<Work.Task> tasks) {
        for (Work.Task task : tasks) {
            task.work().fail(new Refusal(Refusal.Kind.FAILED, "the model failed; the server's log says why"));
        }
    }

    /** Refuses new images, has those that wait answered, and ends the workers. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        for (Thread thread : threads) {
            try {
                thread.join(TimeUnit.SECONDS.toMillis(limits.timeout().toSeconds() + 1));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
