package dev.kinglet.toolkit;

import com.sun.management.OperatingSystemMXBean;
import dev.kinglet.base.ByteSize;
import dev.kinglet.infer.Processor;
import dev.kinglet.torch.NativeMemory;
import java.lang.management.ManagementFactory;

/** The machine: processors and memory. */
public final class Machine {
    private static final String JAVACPP_LIMIT = "org.bytedeco.javacpp.maxPhysicalBytes";

    private Machine() {}

    /**
     * Lets libtorch use up to nine tenths of the machine's memory, unless JavaCPP's property is set already. JavaCPP's own
     * limit is four times the heap's, which is unrelated to what training needs. Call it before JavaCPP is loaded, as
     * training and opening a model do.
     */
    public static void limitNativeMemory() {
        if (System.getProperty(JAVACPP_LIMIT) == null) {
            System.setProperty(JAVACPP_LIMIT, "0"); // none
            NativeMemory.limit(memoryBytes() / 10 * 9);
        }
    }

    /** The same for one of several processes, which share the machine's memory. */
    static void limitNativeMemory(int processes) {
        limitNativeMemory();
        if (NativeMemory.limit() < Long.MAX_VALUE) {
            NativeMemory.limit(memoryBytes() / 10 * 9 / processes);
        }
    }

    /** The memory that native code may use, such as {@code 14400 MiB}; the property's own text where it is no number. */
    public static String nativeLimit() {
        String limit = System.getProperty(JAVACPP_LIMIT, "unset");
        if (limit.equals("0") && NativeMemory.limit() < Long.MAX_VALUE) {
            return ByteSize.wholeMib(NativeMemory.limit());
        }
        return limit.matches("\\d{7,18}") ? ByteSize.wholeMib(Long.parseLong(limit)) : limit;
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
