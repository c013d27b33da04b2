package dev.kinglet.torch;

import dev.kinglet.image.Batch;
import dev.kinglet.network.Preprocessing;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** Normalization of a batch's bytes: {@code (value / 255 - mean) / std} in float32, in torchvision's order. */
final class Normalization implements AutoCloseable {
    private final Tensor mean;
    private final Tensor std;

    Normalization(Preprocessing preprocessing) {
        try (PointerScope scope = new PointerScope()) {
            mean = Blobs.keep(Blobs.perChannel(preprocessing.mean()));
            std = Blobs.keep(Blobs.perChannel(preprocessing.std()));
        }
    }

    /** {@code float32 [n, 3, h, w]}, stored channels last; in the innermost scope. */
    Tensor images(Batch batch) {
        Tensor images = Blobs.pixels(batch);
        images.div_(new Scalar(255f)).sub_(mean).div_(std);
        return images;
    }

    @Override
    public void close() {
        mean.close();
        std.close();
    }
}
