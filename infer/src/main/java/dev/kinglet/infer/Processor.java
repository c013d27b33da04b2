package dev.kinglet.infer;

import dev.kinglet.network.rewrite.ConvPlan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The processor this runs on, as far as what is fast depends on it. Asks Linux, and knows nothing elsewhere. */
public final class Processor {
    private static final Path DESCRIPTION = Path.of("/proc/cpuinfo");
    private static final String NAME = "model name";
    private static final String ABILITIES = "flags";
    private static final String WIDE = "avx512f"; // what ONNX Runtime looks for
    private static final int NARROW_BLOCK = 8;

    private Processor() {}

    /** What the system calls it; its architecture where it does not say. */
    public static String name() {
        return value(NAME, description()).orElse(System.getProperty("os.arch"));
    }

    /**
     * ConvPlan by rule, for as many channels as ONNX Runtime keeps together on this processor: 16 with AVX-512 and 8 with
     * other vectors of x86. Where the system does not say, 16, which is right for both.
     */
    public static ConvPlan plan() {
        return forms(description());
    }

    static ConvPlan forms(List<String> description) {
        boolean narrow = value(ABILITIES, description)
                .filter(abilities -> !Arrays.asList(abilities.split(" ")).contains(WIDE))
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
