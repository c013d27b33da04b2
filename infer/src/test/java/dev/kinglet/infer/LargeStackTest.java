package dev.kinglet.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class LargeStackTest {
    @Test
    void a_task_fails_as_it_does_on_any_thread() {
        assertThat(LargeStack.<String>call(() -> "done")).isEqualTo("done");
        assertThatThrownBy(() -> LargeStack.call(() -> {
                    throw new UnsatisfiedLinkError("no library");
                }))
                .isInstanceOf(UnsatisfiedLinkError.class)
                .hasMessage("no library");
        assertThatThrownBy(() -> LargeStack.call(() -> {
                    throw new IllegalStateException("refused");
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("refused");
    }

    @Test
    @Tag("native")
    void a_long_command_line_does_not_crash_onnx_runtime() throws IOException, InterruptedException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        ProcessBuilder builder = new ProcessBuilder(
                List.of(java, OpensEnvironment.class.getName(), "x".repeat(60_000), "y".repeat(60_000)));
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        Process process = builder.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
    }

    /** Run in a process of its own. */
    static final class OpensEnvironment {
        private OpensEnvironment() {}

        public static void main(String[] args) {
            RuntimeLibraries.environment();
        }
    }
}
