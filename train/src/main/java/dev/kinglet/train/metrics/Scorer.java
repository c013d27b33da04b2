package dev.kinglet.train.metrics;

import dev.kinglet.image.Batch;

/** Something that gives logits for a batch in evaluation mode, whatever runs it. */
public interface Scorer {
    /** Number of outputs an image. */
    int classes();

    /** Logits {@code [batch.size() * classes()]}, row-major; the caller's to keep. */
    float[] logits(Batch batch);
}
