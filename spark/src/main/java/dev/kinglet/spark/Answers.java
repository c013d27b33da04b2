package dev.kinglet.spark;

import dev.kinglet.base.IoReason;
import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.Pipeline;
import dev.kinglet.infer.Classifier.Outputs;
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
     * @param embedding null if there is an error, or none was asked for
     * @param error why there are none; empty if there are
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Answer(Row row, float @Nullable [] logits, float @Nullable [] embedding, String error) {}

    private final Iterator<Row> rows;
    private final ImageReader reader;
    private final OpenModel model;
    private final ImageDecoder decoder;
    private final Pipeline pipeline;
    private final int bytes; // of a prepared image
    private final boolean embeddings;
    private final @Nullable Counters counters;
    private final ByteBuffer pixels; // of a batch
    private final Deque<Answer> ready = new ArrayDeque<>();
    private boolean released;

    /** Opens the model if this executor has not done so. */
    Answers(Iterator<Row> rows, ImageReader reader, ModelSource source, ClassifyOptions options) throws IOException {
        this.rows = rows;
        this.reader = reader;
        this.counters = options.counters();
        this.embeddings = options.embeddings();
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
        Outputs outputs = run(images);
        int image = 0;
        for (int i = 0; i < batch.size(); i++) {
            if (errors.get(i).isEmpty()) {
                float[] logits = row(outputs.logits(), image, images);
                float[] embedding = embeddings ? row(outputs.embeddings(), image, images) : null;
                ready.add(new Answer(batch.get(i), logits, embedding, ""));
                image++;
            } else {
                ready.add(new Answer(batch.get(i), null, null, errors.get(i)));
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

    private static float[] row(float[] all, int image, int images) {
        int width = all.length / images;
        return Arrays.copyOfRange(all, image * width, (image + 1) * width);
    }

    /** The outputs for the images of the batch; without embeddings unless they are wanted. */
    private Outputs run(int images) {
        if (images == 0) {
            return new Outputs(new float[0], new float[0]);
        }
        long start = System.nanoTime();
        Outputs outputs =
                embeddings ? model.outputs(pixels, images) : new Outputs(model.logits(pixels, images), new float[0]);
        if (counters != null) {
            counters.networkNanos().add(System.nanoTime() - start);
        }
        return outputs;
    }
}
