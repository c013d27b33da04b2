package dev.kinglet.data;

import dev.kinglet.image.Batch;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.ImageTransform;
import dev.kinglet.image.Pipeline;
import dev.kinglet.image.RandomStreams;
import dev.kinglet.image.RgbImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Batches of a data set, read, decoded and transformed ahead of time by worker threads.
 *
 * <p>A batch depends on the data, the pipeline, the seed and the numbers of epoch and batch, never on threads or on what was
 * loaded before: an epoch that starts in its middle gives the same batches as the whole one from there.
 *
 * <p>An image that cannot be read is left out, so that its batch is smaller by one; it is named in the log the first time and
 * in {@link #skipped()}.
 */
public final class Loader {
    /*
     * Workers take positions of the shard one by one, in order. A position belongs to a batch and to a place in it, and
     * batches share a ring of buffers: batch b is filled in buffer b % RING once the consumer is done with batch b - RING.
     * These batches are counted within the shard; callers count those of the whole epoch.
     * Whoever fills the last place of a batch wakes the consumer. No lock is held while an image is loaded.
     */
    private static final Logger LOG = LoggerFactory.getLogger(Loader.class);

    /** One batch at the consumer, two being filled. */
    private static final int RING = 3;

    private static final int SKIPPED_NAMED = 100;
    private static final ImageTransform FLIP = new ImageTransform.HorizontalFlip(1);

    private final Dataset dataset;
    private final Pipeline pipeline;
    private final LoaderSettings settings;
    private final int side;
    private final int epochBatches;
    private final int batches; // of the shard
    private final Slot[] ring;

    private final BitSet skippedIndices = new BitSet(); // this and the next guarded by itself
    private final List<SkippedImage> skipped = new ArrayList<>();
    private @Nullable Epoch open;

    /** @throws IllegalArgumentException if there is not one batch, or a batch is more than a buffer holds */
    public Loader(Dataset dataset, Pipeline pipeline, LoaderSettings settings) {
        this.dataset = dataset;
        this.pipeline = pipeline;
        this.settings = settings;
        this.side = pipeline.side();
        int size = settings.batchSize();
        this.epochBatches = switch (settings.last()) {
            case KEEP -> Math.toIntExact(((long) dataset.size() + size - 1) / size);
            case DROP -> dataset.size() / size;
        };
        this.batches = settings.shard().before(epochBatches);
        if (epochBatches == 0) {
            throw new IllegalArgumentException(
                    dataset.size() + " images do not make one batch of " + size + "; use a smaller batch");
        }
        if (3L * side * side * size > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("a batch of " + size + " images of " + side + "x" + side
                    + " pixels is more than a buffer holds; use a smaller batch");
        }
        int rows = Math.min(size, dataset.size());
        this.ring = IntStream.range(0, Math.min(RING, batches))
                .mapToObj(i -> new Slot(rows, 3 * side * side))
                .toArray(Slot[]::new);
    }

    /**
     * Number of batches in a whole epoch, including those of other shards and those that turn out empty because none of their
     * images can be read.
     */
    public int batchesPerEpoch() {
        return epochBatches;
    }

    /** The whole epoch of this number. */
    public Epoch epoch(int number) {
        return epoch(number, 0);
    }

    /**
     * The epoch of this number from one of its batches on; the ones before are not loaded. There is one epoch at a time.
     *
     * @param firstBatch from 0 to {@link #batchesPerEpoch()}, where nothing is left
     * @throws IllegalStateException if the one before was not closed
     */
    public Epoch epoch(int number, int firstBatch) {
        if (firstBatch < 0 || firstBatch > epochBatches) {
            throw new IllegalArgumentException(
                    "an epoch of " + epochBatches + " batches does not start at " + firstBatch);
        }
        if (open != null) {
            throw new IllegalStateException("epoch " + open.number + " is still open; close it first");
        }
        Epoch epoch = new Epoch(number, settings.shard().before(firstBatch));
        open = epoch;
        try {
            epoch.start();
        } catch (Throwable e) { // the system has no more threads
            epoch.close();
            throw e;
        }
        return epoch;
    }

    /** Number of different images that were left out so far. */
    public int skippedCount() {
        synchronized (skippedIndices) {
            return skippedIndices.cardinality();
        }
    }

    /** The first hundred of them. */
    public List<SkippedImage> skipped() {
        synchronized (skippedIndices) {
            return List.copyOf(skipped);
        }
    }

    private void skip(int index, ImageException reason) {
        String message = String.valueOf(reason.getMessage());
        boolean isNew;
        boolean isNamed;
        synchronized (skippedIndices) {
            isNew = !skippedIndices.get(index);
            skippedIndices.set(index);
            isNamed = isNew && skipped.size() < SKIPPED_NAMED;
            if (isNamed) {
                skipped.add(new SkippedImage(dataset.name(index), message));
            }
        }
        if (isNamed) {
            LOG.warn("skipped an image that cannot be used: {}", message);
        }
    }

    /** A buffer of the ring, and the batch in it. */
    private static final class Slot {
        final ByteBuffer pixels;
        final int bytesEach;
        final int[] indices;
        final boolean[] usable;
        final AtomicInteger missing = new AtomicInteger(); // images still to come
        int size;

        Slot(int size, int bytesEach) {
            this.pixels = ByteBuffer.allocateDirect(size * bytesEach);
            this.bytesEach = bytesEach;
            this.indices = new int[size];
            this.usable = new boolean[size];
        }

        void expect(int images) {
            size = images;
            missing.set(images);
        }

        /** The usable images moved together, in order; none may be left. */
        Batch batch(Dataset dataset, int side) {
            int count = 0;
            for (int i = 0; i < size; i++) {
                if (usable[i]) {
                    if (count < i) {
                        pixels.put(count * bytesEach, pixels, i * bytesEach, bytesEach);
                        indices[count] = indices[i];
                    }
                    count++;
                }
            }
            int[] kept = Arrays.copyOf(indices, count);
            int[] labels = Arrays.stream(kept).map(dataset::label).toArray();
            return new Batch(pixels.slice(0, count * bytesEach), side, labels, kept);
        }
    }

    /**
     * One pass over the data, or the rest of one. For one consumer; it closes it, and so ends the threads.
     */
    public final class Epoch implements AutoCloseable {
        private final int number;
        private final int firstBatch;
        private final int[] order; // data set index by position
        private final List<Thread> workers;
        private final AtomicInteger nextPosition;
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition filled = lock.newCondition();
        private final Condition freed = lock.newCondition();
        private volatile boolean closed;
        private volatile int done; // batches before this one are no longer used by the consumer
        private @Nullable Throwable failure; // guarded by lock

        // of the consumer
        private int nextBatch;
        private long usable;
        private long waitNanos;

        private Epoch(int number, int firstBatch) {
            this.number = number;
            this.firstBatch = firstBatch;
            this.order = repeated(
                    switch (settings.order()) {
                        case SEQUENTIAL -> IntStream.range(0, dataset.size()).toArray();
                        case SHUFFLED -> dataset.shuffled(settings.seed(), number);
                        case BALANCED ->
                            RandomStreams.balanced(
                                    settings.seed(),
                                    number,
                                    IntStream.range(0, dataset.size())
                                            .map(dataset::label)
                                            .toArray());
                    });
            this.nextPosition = new AtomicInteger(firstBatch * settings.batchSize());
            this.nextBatch = firstBatch;
            this.done = firstBatch;
            for (int batch = firstBatch; batch < Math.min(batches, firstBatch + ring.length); batch++) {
                slot(batch).expect(size(batch));
            }
            this.workers = IntStream.range(0, settings.workers())
                    .mapToObj(i -> new Thread(this::work, "kinglet-loader-" + i))
                    .toList();
        }

        private void start() {
            for (Thread worker : workers) {
                worker.setDaemon(true);
                worker.start();
            }
        }

        /**
         * The next batch, or null at the end. It is valid until the next call, or until the epoch is closed.
         *
         * @throws InterruptedException if the thread is interrupted while it waits; the call can be made again
         * @throws DatasetException at the end of an epoch in which not one image could be used
         * @throws IllegalStateException if loading failed for another reason than an image
         */
        public @Nullable Batch next() throws IOException, InterruptedException {
            if (closed) {
                throw new IllegalStateException("epoch " + number + " is closed");
            }
            while (nextBatch < batches) {
                release();
                Slot slot = slot(nextBatch);
                await(slot);
                nextBatch++;
                Batch batch = slot.batch(dataset, side);
                if (batch.size() > 0) {
                    usable += batch.size();
                    return batch;
                }
            }
            if (usable == 0 && firstBatch < batches && settings.shard().count() == 1) { // others may have usable ones
                throw new DatasetException("not one of the images of epoch " + number + " could be used; the first: "
                        + skipped().get(0).reason());
            }
            return null;
        }

        /**
         * Number after that of the batch that was returned last, in the whole epoch; the start of an epoch that resumes here.
         */
        public int nextBatch() {
            return nextBatch == 0 ? 0 : settings.shard().batch(nextBatch - 1) + 1;
        }

        /** Total time for which {@link #next()} waited for batches. */
        public long waitNanos() {
            return waitNanos;
        }

        /** Ends the threads; returns when they have ended. */
        @Override
        public void close() {
            lock.lock();
            try {
                closed = true;
                freed.signalAll();
            } finally {
                lock.unlock();
            }
            boolean interrupted = false;
            for (Thread worker : workers) {
                while (worker.isAlive()) {
                    try {
                        worker.join();
                    } catch (InterruptedException e) {
                        interrupted = true;
                    }
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            if (open == this) {
                open = null;
            }
        }

        private Slot slot(int batch) {
            return ring[batch % ring.length];
        }

        private int size(int batch) {
            return Math.min(
                    settings.batchSize(), dataset.size() - settings.shard().batch(batch) * settings.batchSize());
        }

        /** Returns the buffer of the batch before the next one to the workers. */
        private void release() {
            int batch = nextBatch - 1;
            if (done > batch) {
                return;
            }
            if (batch + ring.length < batches) {
                slot(batch).expect(size(batch + ring.length));
            }
            lock.lock();
            try {
                done = nextBatch;
                freed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        private void await(Slot slot) throws InterruptedException {
            if (slot.missing.get() == 0) {
                return;
            }
            long start = System.nanoTime();
            lock.lockInterruptibly();
            try {
                while (slot.missing.get() > 0) {
                    if (failure instanceof Error error) {
                        throw error;
                    }
                    if (failure != null) {
                        throw new IllegalStateException("loading failed: " + failure, failure);
                    }
                    filled.await();
                }
            } finally {
                lock.unlock();
                waitNanos += System.nanoTime() - start;
            }
        }

        private void work() {
            try {
                int end = batches * settings.batchSize();
                for (int position = nextPosition.getAndIncrement();
                        position < end && awaitRoom(position / settings.batchSize());
                        position = nextPosition.getAndIncrement()) {
                    int batch = position / settings.batchSize();
                    int place = position % settings.batchSize();
                    if (place < size(batch)) {
                        load(batch, place);
                    }
                }
            } catch (Throwable e) { // the consumer rethrows it
                lock.lock();
                try {
                    failure = failure == null ? e : failure;
                    filled.signalAll();
                } finally {
                    lock.unlock();
                }
            }
        }

        /** Waits until the batch has a buffer; false if the epoch was closed. */
        private boolean awaitRoom(int batch) throws InterruptedException {
            if (batch >= done + ring.length) {
                lock.lockInterruptibly();
                try {
                    while (!closed && batch >= done + ring.length) {
                        freed.await();
                    }
                } finally {
                    lock.unlock();
                }
            }
            return !closed;
        }

        /** Each index repeated as often as the settings say, cut at the length of an epoch. */
        private int[] repeated(int[] once) {
            int times = settings.repeats();
            return times == 1
                    ? once
                    : IntStream.range(0, once.length).map(i -> once[i / times]).toArray();
        }

        private void load(int batch, int place) {
            Slot slot = slot(batch);
            int position = settings.shard().batch(batch) * settings.batchSize() + place;
            int index = order[position];
            slot.indices[place] = index;
            slot.usable[place] = false;
            try {
                // an image that comes several times in an epoch is augmented differently each time
                boolean severalTimes = settings.order() == LoaderSettings.Order.BALANCED || settings.repeats() > 1;
                int stream = severalTimes ? position : index;
                RgbImage image =
                        pipeline.apply(dataset.open(index), RandomStreams.ofImage(settings.seed(), number, stream));
                if (settings.alternatingFlips() && RandomStreams.isFlipped(settings.seed(), number, index)) {
                    image = FLIP.apply(image, RandomStreams.ofImage(settings.seed(), number, index));
                }
                if (image.rgb().length != slot.bytesEach) {
                    throw new IllegalStateException("the pipeline is to make squares of " + side + " pixels, and made "
                            + image + " of " + dataset.name(index));
                }
                slot.pixels.put(place * slot.bytesEach, image.rgb());
                slot.usable[place] = true;
            } catch (ImageException e) {
                skip(index, e);
            }
            if (slot.missing.decrementAndGet() == 0) {
                lock.lock();
                try {
                    filled.signalAll();
                } finally {
                    lock.unlock();
                }
            }
        }
    }
}
