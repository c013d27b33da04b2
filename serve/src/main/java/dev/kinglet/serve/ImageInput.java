package dev.kinglet.serve;

import java.nio.ByteBuffer;

/** One image of a request. */
sealed interface ImageInput {
    /** Bytes that it holds. */
    int size();

    /** An encoded image of any size. */
    @SuppressWarnings("ArrayRecordComponent") // the bytes of a file
    record Encoded(byte[] bytes) implements ImageInput {
        @Override
        public int size() {
            return bytes.length;
        }
    }

    /**
     * An image as the network takes it.
     *
     * @param data little-endian {@code [3, height, width]} of the network's input type
     */
    record Prepared(ByteBuffer data) implements ImageInput {
        @Override
        public int size() {
            return data.remaining();
        }
    }
}
