package dev.kinglet.weights;

import java.io.IOException;

/** Where the bytes of arrays come from, in order. */
@FunctionalInterface
interface ByteSource {
    /**
     * The next {@code count} bytes, at the beginning of {@code into}.
     *
     * @throws IOException if there are fewer
     */
    void fill(byte[] into, int count) throws IOException;
}
