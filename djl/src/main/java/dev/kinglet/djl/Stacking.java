package dev.kinglet.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.Batchifier;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Arrays of one shape under a new first axis, and back, by copying their bytes. {@link Batchifier#STACK} does it by
 * operations, and an array of ONNX Runtime has none.
 */
enum Stacking implements Batchifier {
    INSTANCE;

    /** {@code inputs.length} lists of one array each: one array {@code [inputs.length, ...]}. */
    @Override
    public NDList batchify(NDList[] inputs) {
        NDArray first = inputs[0].singletonOrThrow();
        NDManager manager = first.getManager();
        ByteBuffer one = first.toByteBuffer();
        ByteBuffer stacked = ByteBuffer.allocateDirect(Math.multiplyExact(one.remaining(), inputs.length))
                .order(ByteOrder.nativeOrder());
        for (NDList input : inputs) {
            stacked.put(input.singletonOrThrow().toByteBuffer());
        }
        Shape shape = new Shape(inputs.length).addAll(first.getShape());
        return new NDList(manager.create(stacked.rewind(), shape, first.getDataType()));
    }

    /** One array {@code [n, values]} of float32: n lists of one array {@code [values]} each. */
    @Override
    public NDList[] unbatchify(NDList outputs) {
        NDArray rows = outputs.singletonOrThrow();
        int count = Math.toIntExact(rows.getShape().get(0));
        float[] values = rows.toFloatArray();
        int each = values.length / count;
        NDList[] lists = new NDList[count];
        for (int i = 0; i < count; i++) {
            lists[i] = new NDList(rows.getManager().create(Arrays.copyOfRange(values, i * each, (i + 1) * each)));
        }
        return lists;
    }

    @Override
    public NDList[] split(NDList list, int numOfSlices, boolean evenSplit) {
        throw new UnsupportedOperationException("a batch is not split: training is not DJL's part here");
    }
}
