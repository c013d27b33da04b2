package dev.kinglet.torch;

import dev.kinglet.image.Batch;
import java.nio.ByteBuffer;
import java.util.Random;

/** Batches without a data set. */
final class Batches {
    private Batches() {}

    /** Random bytes with random labels. */
    static Batch random(int size, int pixels, int classes, Random random) {
        byte[] bytes = new byte[size * pixels * pixels * 3];
        random.nextBytes(bytes);
        ByteBuffer buffer = ByteBuffer.allocateDirect(bytes.length).put(bytes);
        int[] labels = random.ints(size, 0, classes).toArray();
        return new Batch(buffer, pixels, labels, new int[size]);
    }

    /** Images of one brightness a class, with noise: something that can be learnt. */
    static Batch easy(int size, int pixels, int classes, Random random) {
        Batch batch = random(size, pixels, classes, random);
        int bytes = pixels * pixels * 3;
        for (int n = 0; n < size; n++) {
            for (int i = n * bytes; i < (n + 1) * bytes; i++) {
                int noise = (batch.pixels().get(i) & 0xff) / 4;
                batch.pixels().put(i, (byte) (noise + batch.labels()[n] * 190 / (classes - 1)));
            }
        }
        return batch;
    }

    /** A batch of the image {@code n} of another. */
    static Batch one(Batch batch, int n) {
        int bytes = batch.imageSize() * batch.imageSize() * 3;
        ByteBuffer buffer = ByteBuffer.allocateDirect(bytes);
        buffer.put(0, batch.pixels(), n * bytes, bytes);
        return new Batch(buffer, batch.imageSize(), new int[] {batch.labels()[n]}, new int[1]);
    }
}
