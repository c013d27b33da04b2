package dev.kinglet.train;

import dev.kinglet.base.ByteSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/** Memory of this process, libtorch's included. */
public final class Memory {
    private static final Path STATUS = Path.of("/proc/self/status");

    private Memory() {}

    /** {@code Memory: resident 812 MiB, Java heap 120 of at most 2048 MiB}; the first only where the system tells. */
    public static String line() {
        Runtime runtime = Runtime.getRuntime();
        OptionalLong resident = residentBytes();
        return "Memory: " + (resident.isPresent() ? "resident " + ByteSize.wholeMib(resident.getAsLong()) + ", " : "")
                + "Java heap " + (runtime.totalMemory() - runtime.freeMemory()) / ByteSize.MIB + " of at most "
                + ByteSize.wholeMib(runtime.maxMemory());
    }

    /** Resident memory by Linux's count, native libraries included; empty on another system. */
    public static OptionalLong residentBytes() {
        try {
            return Files.readAllLines(STATUS).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst();
        } catch (IOException | NumberFormatException e) {
            return OptionalLong.empty(); // another system: the line does without
        }
    }
}
