package dev.kinglet.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FormsTest {
    @Test
    void are_what_their_text_says() {
        Forms forms =
                Forms.byRule().with(List.of("a.conv", "b.conv"), Form.DENSE).with(List.of("b.conv"), Form.SPLIT);
        assertThat(forms.text()).isEqualTo("a.conv=dense,b.conv=split");
        assertThat(Forms.parse(forms.text())).isEqualTo(forms);
        assertThat(Forms.parse("")).isEqualTo(Forms.byRule());
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "a=", "=dense", "a=flat", "a=dense,a=split", ","})
    void a_text_that_is_none_is_refused(String text) {
        assertThatThrownBy(() -> Forms.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
