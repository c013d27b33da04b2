package dev.kinglet.torch;

import dev.kinglet.image.Batch;
import java.nio.ByteBuffer;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Conversion of Java arrays and buffers to tensors and back. A new tensor belongs to the innermost {@link PointerScope} of
 * the thread, unless {@link #keep} moves it out.
 */
final class Blobs {
    private Blobs() {}

    /**
     * Moves a tensor out of the innermost scope: the caller closes it from now on. JavaCPP frees on detaching from a scope unless a
     * reference was taken first. Only for a tensor returned by value: an in-place operation returns the very object it
     * was called on.
     */
    static <P extends Pointer> P keep(P tensor) {
        tensor.retainReference();
        return tensor;
    }

    /** A copy of {@code values}, {@code float32} of these dimensions. */
    static Tensor floats(float[] values, long... dims) {
        FloatPointer pointer = new FloatPointer(values);
        return torch.from_blob(pointer, dims, new TensorOptions(ScalarType.Float))
                .clone();
    }

    /** Per-channel numbers as {@code float32 [1, 3, 1, 1]}. */
    static Tensor perChannel(List<Double> numbers) {
        float[] values = new float[numbers.size()];
        for (int c = 0; c < values.length; c++) {
            values[c] = numbers.get(c).floatValue();
        }
        return floats(values, 1, values.length, 1, 1);
    }

    /** Class indices, {@code int64 [n]}. */
    static Tensor labels(int[] labels) {
        long[] wide = new long[labels.length];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = labels[i];
        }
        return longs(wide);
    }

    /** A copy of {@code values}, {@code int64 [n]}. */
    static Tensor longs(long[] values) {
        LongPointer pointer = new LongPointer(values);
        return torch.from_blob(pointer, new long[] {values.length}, new TensorOptions(ScalarType.Long))
                .clone();
    }

    /** The bytes of a batch as {@code float32 [n, 3, h, w]} of 0 to 255; a copy, stored channels last like the bytes. */
    static Tensor pixels(Batch batch) {
        ByteBuffer bytes = batch.pixels().duplicate();
        bytes.position(0);
        long[] dims = {batch.size(), batch.imageSize(), batch.imageSize(), 3};
        BytePointer pointer = new BytePointer(bytes);
        return torch.from_blob(pointer, dims, new TensorOptions(ScalarType.Byte))
                .permute(0, 3, 1, 2)
                .to(ScalarType.Float);
    }

    /** Images already normalized, {@code float32 [n, 3, h, w]}; a copy, stored channels last. */
    static Tensor images(float[] images, int count, int height, int width) {
        return floats(images, count, 3, height, width).contiguous(MemoryFormat.ChannelsLast);
    }

    /** The elements, row-major, whatever the storage order. */
    static float[] values(Tensor tensor) {
        try (PointerScope scope = new PointerScope()) {
            Tensor rows = tensor.detach().contiguous();
            float[] values = new float[Math.toIntExact(rows.numel())];
            rows.data_ptr_float().get(values);
            return values;
        }
    }
}
