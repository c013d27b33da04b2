package dev.kinglet.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PluralTest {
    @ParameterizedTest
    @CsvSource({
        "0, image, 0 images",
        "1, image, 1 image",
        "2, image, 2 images",
        "1, class, 1 class",
        "3, class, 3 classes",
        "3, batch, 3 batches",
        "2, branch, 2 branches",
        "4, epoch, 4 epochs",
        "2, validation image, 2 validation images"
    })
    void one_is_singular_and_every_other_number_plural(long count, String noun, String text) {
        assertThat(Plural.of(count, noun)).isEqualTo(text);
    }
}
