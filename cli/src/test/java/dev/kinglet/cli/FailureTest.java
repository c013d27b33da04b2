package dev.kinglet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class FailureTest {
    @Test
    void the_callers_mistake_is_status_2_and_broken_input_is_status_1() {
        assertThat(Failure.of(new IllegalArgumentException("lr is 0 or more, not -1")))
                .isEqualTo(new Failure(2, "lr is 0 or more, not -1"));
        assertThat(Failure.of(new IOException("x.onnx: not an ONNX file")))
                .isEqualTo(new Failure(1, "x.onnx: not an ONNX file"));
        assertThat(Failure.of(new UncheckedIOException(new IOException("damaged"))))
                .isEqualTo(new Failure(1, "damaged"));
    }

    @Test
    void a_file_that_is_not_there_is_said_to_be_missing() {
        Path missing = Path.of("no", "such", "file");
        try {
            Files.readAllBytes(missing);
        } catch (IOException e) {
            assertThat(Failure.of(e).line()).isEqualTo(missing + ": there is no such file or folder");
        }
        assertThat(Failure.of(new AccessDeniedException("secret")).line()).startsWith("secret: access denied");
    }

    @Test
    void our_own_mistakes_say_that_they_are_ours() {
        Failure failure = Failure.of(new IllegalStateException("no such state"));
        assertThat(failure.status()).isEqualTo(1);
        assertThat(failure.line()).contains("no such state").contains("a mistake in Kinglet");
    }

    @Test
    void memory_that_ran_out_is_answered_with_what_to_set() {
        assertThat(Failure.of(new OutOfMemoryError("Java heap space")).line())
                .contains("out of memory")
                .contains("KINGLET_OPTS");
    }

    @Test
    void an_error_is_one_line_whatever_the_message() {
        Run run = Run.kinglet("summary", "two\nlines");
        assertThat(run.err()).hasLineCount(1).contains("two lines");
    }
}
