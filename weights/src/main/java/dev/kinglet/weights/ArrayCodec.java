package dev.kinglet.weights;

import dev.kinglet.network.NdArray;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Arrays from and to bytes, a piece at a time, so that nothing is twice in memory. */
final class ArrayCodec {
    private static final int PIECE = 1 << 16; // bytes; a multiple of every element's

    private ArrayCodec() {}

    /** Takes the bytes of an array, a piece at a time. */
    @FunctionalInterface
    interface Sink {
        /** The piece is the first {@code count} of {@code bytes}, which are overwritten afterwards. */
        void write(byte[] bytes, int count) throws IOException;
    }

    /** An array that is stored densely, row-major. Its size is to have been checked. */
    static NdArray read(ElementType type, ByteOrder order, List<Integer> dims, ByteSource source) throws IOException {
        int elements = Dims.elements(dims);
        Object values = type.newValues(elements);
        byte[] piece = new byte[(int) Math.min(PIECE, (long) elements * type.bytes())];
        int elementsInPiece = PIECE / type.bytes();
        for (int done = 0; done < elements; ) {
            int count = Math.min(elementsInPiece, elements - done);
            source.fill(piece, count * type.bytes());
            type.decode(ByteBuffer.wrap(piece, 0, count * type.bytes()).order(order), values, done);
            done += count;
        }
        return type.array(dims, values);
    }

    /** The array's elements, row-major, little-endian: 4 bytes each of floats, 8 of integers. */
    static void write(NdArray array, Sink sink) throws IOException {
        byte[] piece = new byte[PIECE];
        ByteBuffer buffer = ByteBuffer.wrap(piece).order(ByteOrder.LITTLE_ENDIAN);
        int elementsInPiece = PIECE / elementBytes(array);
        for (int done = 0; done < array.elements(); ) {
            int count = Math.min(elementsInPiece, array.elements() - done);
            if (array instanceof NdArray.Floats floats) {
                buffer.asFloatBuffer().put(floats.values(), done, count);
            } else if (array instanceof NdArray.Longs longs) {
                buffer.asLongBuffer().put(longs.values(), done, count);
            }
            sink.write(piece, count * elementBytes(array));
            done += count;
        }
    }

    /** Bytes of an element as {@link #write} writes it. */
    static int elementBytes(NdArray array) {
        return array instanceof NdArray.Floats ? Float.BYTES : Long.BYTES;
    }
}
