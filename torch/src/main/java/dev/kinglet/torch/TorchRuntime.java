package dev.kinglet.torch;

import dev.kinglet.base.Plural;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.global.torch;

/** Settings of libtorch for the whole process, made before the first tensor operation. */
public final class TorchRuntime {
    private static final Pattern VERSION = Pattern.compile("TORCH_VERSION=([^,\\s]+)");
    private static final Pattern SIMD = Pattern.compile("CPU capability usage: (\\S+)");

    private TorchRuntime() {}

    /**
     * Sets the number of threads of libtorch's operations, for the whole process.
     *
     * <p>OpenBLAS, which libtorch calls, keeps spinning threads of its own that compete with libtorch's OpenMP pool (ten
     * times slower at batch 1 on two cores), so it is limited to one thread here.
     */
    public static synchronized void useThreads(int threads) {
        openblas_nolapack.blas_set_num_threads(1);
        if (torch.get_num_threads() != threads) {
            torch.set_num_threads(threads);
        }
    }

    /** Whether operations are refused that may give other results from call to call, for the whole process. */
    static synchronized void useDeterministicAlgorithms(boolean only) {
        torch.globalContext().setDeterministicAlgorithms(only, false);
    }

    /** The vector instructions that libtorch uses: {@code AVX2}, {@code AVX512}. Loads the native libraries. */
    static String simd() {
        try (BytePointer text = torch.show_config()) {
            return first(SIMD, text.getString());
        }
    }

    /** One line for a log: {@code libtorch 2.10.0, AVX2, 2 threads}. Loads the native libraries. */
    public static String description() {
        try (BytePointer text = torch.show_config()) {
            String config = text.getString();
            return "libtorch " + first(VERSION, config) + ", " + first(SIMD, config) + ", "
                    + Plural.of(torch.get_num_threads(), "thread");
        }
    }

    private static String first(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        return matcher.find() ? matcher.group(1) : "unknown";
    }
}
