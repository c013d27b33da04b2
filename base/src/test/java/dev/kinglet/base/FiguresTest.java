package dev.kinglet.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FiguresTest {
    @ParameterizedTest
    @CsvSource({
        "5e-4, 0.0005",
        "0.05, 0.05",
        "1.0, 1",
        "0, 0",
        "120, 120",
        "0.9999, 0.9999",
        "1e-5, 0.00001",
        "1.0986122886681098, 1.09861",
        "-2.5, -2.5",
        "6.7e198, 6.70000e+198",
        "1e-30, 1.00000e-30"
    })
    void a_number_is_written_as_a_person_would(double value, String text) {
        assertThat(Figures.rounded(value)).isEqualTo(text);
    }
}
