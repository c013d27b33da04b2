package dev.kinglet.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ChoiceTest {
    private enum View {
        CENTER,
        FIVE_CROP
    }

    @Test
    void a_name_is_read_in_any_case_with_hyphens_or_underscores() {
        assertThat(Choice.of(View.class, "five-crop")).isEqualTo(View.FIVE_CROP);
        assertThat(Choice.of(View.class, "Five_Crop")).isEqualTo(View.FIVE_CROP);
        assertThat(Choice.name(View.FIVE_CROP)).isEqualTo("five-crop");
    }

    @Test
    void an_unknown_name_is_answered_with_all_and_the_nearest() {
        assertThatThrownBy(() -> Choice.of(View.class, "centr"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected one of center, five-crop, found 'centr'; did you mean 'center'?");
    }
}
