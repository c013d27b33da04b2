package dev.kinglet.torch;

import dev.kinglet.base.ByteSize;
import org.bytedeco.javacpp.Pointer;

/**
 * The most memory that this process may hold while libtorch works, looked at once for each convolution. JavaCPP's own limit
 * is looked at for each of the thousands of objects of a training step, which takes a thirtieth of its time. Safe for
 * several threads.
 */
public final class NativeMemory {
    private static volatile long limit = Long.MAX_VALUE;

    private NativeMemory() {}

    /** Sets the limit, in bytes of resident memory. */
    public static void limit(long bytes) {
        limit = bytes;
    }

    /** The limit, in bytes of resident memory. */
    public static long limit() {
        return limit;
    }

    /**
     * Compares the memory with the limit, after a garbage collection if it is beyond.
     *
     * @throws OutOfMemoryError if it is beyond still
     */
    static void check() {
        if (Pointer.physicalBytes() <= limit) {
            return;
        }
        System.gc();
        Pointer.trimMemory();
        long held = Pointer.physicalBytes();
        if (held > limit) {
            throw new OutOfMemoryError("the process holds " + ByteSize.wholeMib(held) + " of memory, of at most "
                    + ByteSize.wholeMib(limit));
        }
    }
}
