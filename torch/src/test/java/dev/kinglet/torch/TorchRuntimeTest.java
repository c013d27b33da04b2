package dev.kinglet.torch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("native")
class TorchRuntimeTest {
    @Test
    void one_thread_is_described_as_one() {
        TorchRuntime.useThreads(1);
        assertThat(TorchRuntime.description()).startsWith("libtorch ").endsWith(", 1 thread");
    }
}
