package dev.kinglet.weights;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** How much memory the running thread has asked for, whether or not it still needs it. */
final class Allocation {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private Allocation() {}

    /** Bytes since the thread began. */
    static long bytes() {
        return THREADS.getCurrentThreadAllocatedBytes();
    }
}
