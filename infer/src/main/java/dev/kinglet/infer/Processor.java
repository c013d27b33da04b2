package dev.kinglet.infer;

import dev.kinglet.network.rewrite.ConvPlan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The processor of this machine, as far as the choice of a plan depends on it. Read from Linux; unknown elsewhere. */
public final class Processor {
    private static final Path DESCRIPTION = Path.of("/proc/cpuinfo");
    private static final String NAME = "model name";
    private static final String FLAGS = "flags";
    private static final String AVX512 = "avx512f"; // the flag ONNX Runtime tests
    private static final int NARROW_BLOCK = 8;

    private Processor() {}

    /** Model name as the system reports it; the architecture where it reports none. */
    public static String name() {
        return value(NAME, description()).orElse(System.getProperty("os.arch"));
    }

    /**
     * Plan by rule, for the channel block size of ONNX Runtime on this processor: 16 with AVX-512, 8 with narrower x86
     * SIMD. Where the system does not report it, 16, which suits both.
     */
    public static ConvPlan plan() {
        return plan(description());
    }

    static ConvPlan plan(List<String> description) {
        boolean narrow = value(FLAGS, description)
                .filter(flags -> !Arrays.asList(flags.split(" ")).contains(AVX512))
                .isPresent();
        return narrow ? ConvPlan.byRule().withChannelBlock(NARROW_BLOCK) : ConvPlan.byRule();
    }

    /** Of the first processor. */
    private static Optional<String> value(String key, List<String> description) {
        return description.stream()
                .map(line -> line.split(":", 2))
                .filter(entry -> entry.length == 2 && entry[0].strip().equals(key))
                .map(entry -> entry[1].strip())
                .findFirst();
    }

    private static List<String> description() {
        try {
            return Files.readAllLines(DESCRIPTION);
        } catch (IOException | UncheckedIOException e) {
            return List.of();
        }
    }
}
