package dev.kinglet.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PluralTest {
    @Test
    void one_has_no_plural() {
        assertThat(Plural.of(1, "image")).isEqualTo("1 image");
        assertThat(Plural.of(0, "image")).isEqualTo("0 images");
        assertThat(Plural.of(2, "class")).isEqualTo("2 classes");
        assertThat(Plural.of(3, "batch")).isEqualTo("3 batches");
        assertThat(Plural.of(4, "epoch")).isEqualTo("4 epochs");
    }

    @Test
    void sizes_are_in_mebibytes() {
        assertThat(ByteSize.mib(2_306_867)).isEqualTo("2.2 MiB");
        assertThat(ByteSize.wholeMib(3 * ByteSize.MIB - 1)).isEqualTo("2 MiB");
    }
}
