package dev.kinglet.spark;

import dev.kinglet.base.IoReason;
import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.Pipeline;
import dev.kinglet.network.Card;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.SplittableRandom;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.Row;
import org.apache.spark.util.TaskCompletionListener;
import org.jspecify.annotations.Nullable;

/** The network's answers to the rows of one task, in their order, batch by batch. Releases the model when the task ends. */
final class Answers implements Iterator<Answers.Answer> {
    /**
     * Answer to one row.
     *
     * @param logits of all classes; null if there is an error
     * @param error why there are none; empty if there are
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Answer(Row row, float @Nullable [] logits, String error) {}

    private final Iterator<Row> rows;
    private final ImageReader reader;
    private final OpenModel model;
    private final ImageDecoder decoder;
    private final Pipeline pipeline;
    private final int bytes; // of a prepared image
    private final @Nullable Counters counters;
    private final ByteBuffer pixels; // of a batch
    private final Deque<Answer> ready = new ArrayDeque<>();
    private boolean released;

    /** Opens the model if this executor has not done so. */
    Answers(Iterator<Row> rows, ImageReader reader, ModelSource source, ClassifyOptions options) throws IOException {
        this.rows = rows;
        this.reader = reader;
        this.counters = options.counters();
        this.model = OpenModel.acquire(source, counters);
        this.decoder = model.decoder(options.imageLimits());
        this.pipeline = Pipeline.evaluation(model.card().preprocessing());
        this.bytes = 3 * pipeline.side() * pipeline.side();
        this.pixels = model.buffer();
        TaskContext task = TaskContext.get();
        if (task != null) {
            task.addTaskCompletionListener((TaskCompletionListener) ended -> release());
        }
    }

    Card card() {
        return model.card();
    }

    @Override
    public boolean hasNext() {
        if (ready.isEmpty() && !released) {
            if (rows.hasNext()) {
                nextBatch();
            } else {
                release();
            }
        }
        return !ready.isEmpty();
    }

    @Override
    public Answer next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return ready.remove();
    }

    private synchronized void release() {
        if (!released) {
            released = true;
            model.giveBack(pixels);
            model.release();
        }
    }

    private void nextBatch() {
        List<Row> batch = new ArrayList<>();
        List<String> errors = new ArrayList<>(); // by row; empty where there is an image
        int images = 0;
        while (batch.size() < OpenModel.BATCH && rows.hasNext()) {
            Row row = rows.next();
            batch.add(row);
            String error = "";
            try {
                put(row, images);
                images++;
            } catch (ImageException e) {
                error = IoReason.describe(e);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            errors.add(error);
        }
        float[] logits = images == 0 ? new float[0] : run(images);
        int classes = images == 0 ? 0 : logits.length / images;
        int first = 0;
        for (int i = 0; i < batch.size(); i++) {
            String error = errors.get(i);
            if (error.isEmpty()) {
                ready.add(new Answer(batch.get(i), Arrays.copyOfRange(logits, first, first + classes), ""));
                first += classes;
            } else {
                ready.add(new Answer(batch.get(i), null, error));
            }
        }
        if (counters != null) {
            counters.images().add(batch.size());
            counters.errors().add(batch.size() - images);
        }
    }

    /** Reads, decodes and prepares an image, and puts it into the batch. */
    private void put(Row row, int position) throws IOException {
        long start = System.nanoTime();
        byte[] encoded = reader.encoded(row);
        long read = System.nanoTime();
        try { // evaluation uses no randomness
            pixels.put(
                    position * bytes,
                    pipeline.apply(decoder.open(encoded, reader.name(row)).image(), new SplittableRandom(0))
                            .rgb());
        } finally {
            if (counters != null) {
                counters.readNanos().add(read - start);
                counters.decodeNanos().add(System.nanoTime() - read);
            }
        }
    }

    private float[] run(int images) {
        long start = System.nanoTime();
        float[] logits = model.logits(pixels, images);
        if (counters != null) {
            counters.networkNanos().add(System.nanoTime() - start);
        }
        return logits;
    }
}
