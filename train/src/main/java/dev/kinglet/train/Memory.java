package dev.kinglet.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/** How much memory this process holds, libtorch's included. */
public final class Memory {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final long MIB = 1 << 20;

    private Memory() {}

    /** {@code Memory: resident 812 MiB, Java heap 120 of at most 2048 MiB}; the first only where the system tells. */
    static String line() {
        Runtime runtime = Runtime.getRuntime();
        OptionalLong resident = residentBytes();
        return "Memory: " + (resident.isPresent() ? "resident " + resident.getAsLong() / MIB + " MiB, " : "")
                + "Java heap " + (runtime.totalMemory() - runtime.freeMemory()) / MIB + " of at most "
                + runtime.maxMemory() / MIB + " MiB";
    }

    /** Resident memory as Linux says it, natives included; empty on another system. */
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
