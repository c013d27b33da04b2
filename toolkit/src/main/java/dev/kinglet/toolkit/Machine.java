package dev.kinglet.toolkit;

import com.sun.management.OperatingSystemMXBean;
import dev.kinglet.infer.Processor;
import java.lang.management.ManagementFactory;

/** The machine, as far as it matters here. */
public final class Machine {
    private static final String NATIVE_LIMIT = "org.bytedeco.javacpp.maxPhysicalBytes";

    private Machine() {}

    /**
     * Lets native code use up to nine tenths of the machine's memory, unless the property is set already. JavaCPP's own
     * limit is four times the heap's, which has nothing to do with what training needs. Before any of its classes loads.
     */
    public static void limitNativeMemory() {
        if (System.getProperty(NATIVE_LIMIT) == null) {
            System.setProperty(NATIVE_LIMIT, Long.toString(memoryBytes() / 10 * 9));
        }
    }

    /** What native code may use. */
    public static String nativeLimit() {
        return System.getProperty(NATIVE_LIMIT, "unset");
    }

    /** The memory of the machine, or of the container around the program. */
    public static long memoryBytes() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize();
    }

    /** Processors the program may use. */
    public static int processors() {
        return Runtime.getRuntime().availableProcessors();
    }

    /** Such as {@code 2 processors (AMD EPYC 7763), Linux amd64, Java 17.0.15}. */
    public static String describe() {
        return processors() + " processors (" + Processor.name() + "), " + System.getProperty("os.name") + " "
                + System.getProperty("os.arch") + ", Java " + System.getProperty("java.version");
    }
}
