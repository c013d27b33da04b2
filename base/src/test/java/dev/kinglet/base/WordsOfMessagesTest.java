package dev.kinglet.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class WordsOfMessagesTest {
    @Test
    void one_is_singular_and_every_other_number_plural() {
        assertThat(LongStream.of(0, 1, 2).mapToObj(n -> Count.of(n, "image")))
                .containsExactly("0 images", "1 image", "2 images");
        assertThat(LongStream.of(1, 3).mapToObj(n -> Count.of(n, "class"))).containsExactly("1 class", "3 classes");
        assertThat(Count.of(2, "batch")).isEqualTo("2 batches");
    }

    @Test
    void no_reason_has_the_name_of_a_java_class_in_it() {
        assertThat(IoReason.of(new NoSuchFileException("a"))).isEqualTo("there is no such file or folder");
        assertThat(IoReason.of(new FileSystemException("a", null, "Too many open files")))
                .isEqualTo("Too many open files");
        assertThat(IoReason.of(new ClosedChannelException())).isEqualTo("closed channel");
        assertThat(IoReason.of(new IOException("the server ended the connection")))
                .isEqualTo("the server ended the connection");
    }
}
