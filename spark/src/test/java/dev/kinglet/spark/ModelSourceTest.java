package dev.kinglet.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ModelSourceTest {
    @Test
    void what_is_no_model_is_refused_on_the_driver() {
        byte[] text = "not a model".getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> ModelSource.inline("birds.onnx", text))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("birds.onnx: ");
    }

    @Test
    void options_are_checked() {
        assertThatThrownBy(() -> ClassifyOptions.defaults().withTopK(0)).hasMessage("topK is at least 1, not 0");
        assertThatThrownBy(() -> ClassifyOptions.defaults().withColumns("a", "a"))
                .hasMessage("paths and contents are in two columns, not both in 'a'");
        assertThat(ClassifyOptions.defaults().withTopK(2).topK()).isEqualTo(2);
    }
}
