package dev.kinglet.serve;

import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.ObjectName;

/** The memory of native libraries: what they have freed, the C library keeps. */
final class NativeHeap {
    private NativeHeap() {}

    /** Gives freed memory back to the system, where the JVM has a command for that (Linux; JDK 17.0.9 or newer). */
    static void trim() {
        try {
            ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                            new ObjectName("com.sun.management:type=DiagnosticCommand"),
                            "systemTrimNativeHeap",
                            new Object[0],
                            new String[0]);
        } catch (JMException | RuntimeException e) {
            // no such command: the memory stays, and is used again
        }
    }
}
