package dev.kinglet.infer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/**
 * Runs a task on a thread whose stack size grows with the process's command line. On Linux, ONNX Runtime 1.29, which an
 * application may bring, needs stack in proportion to the command line when it creates its environment: with 4 kB of it, a
 * long class path or a few dozen image names, a thread of Java's usual 1 MB ends in a segmentation fault that kills the JVM.
 */
final class LargeStack {
    private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");
    private static final long BASE_BYTES = 8L << 20;
    private static final long BYTES_PER_CHARACTER = 512; // twice what was measured; only what is touched takes memory

    private LargeStack() {}

    static <T> T call(Supplier<T> task) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Runnable completing = () -> {
            try {
                result.complete(task.get());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        };
        Thread thread = new Thread(null, completing, "onnxruntime-environment", stackBytes());
        thread.setDaemon(true);
        thread.start();
        try {
            return result.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof Error error) { // such as a native library that cannot be loaded
                throw error;
            }
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    private static long stackBytes() {
        try {
            return BASE_BYTES + BYTES_PER_CHARACTER * Files.readAllBytes(COMMAND_LINE).length;
        } catch (IOException e) { // another system
            return BASE_BYTES;
        }
    }
}
