package dev.kinglet.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ByteSizeTest {
    @Test
    void bytes_are_shown_in_mebibytes_with_one_digit() {
        assertThat(ByteSize.mib(0)).isEqualTo("0.0 MiB");
        assertThat(ByteSize.mib(8_493_466)).isEqualTo("8.1 MiB");
        assertThat(ByteSize.mib(5L << 30)).isEqualTo("5120.0 MiB");
    }

    @Test
    void whole_mebibytes_are_rounded_down() {
        assertThat(ByteSize.wholeMib(3 * ByteSize.MIB - 1)).isEqualTo("2 MiB");
    }
}
