package dev.kinglet.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;

class IoReasonTest {
    @Test
    void a_file_is_named_with_what_is_wrong_with_it() {
        assertThat(IoReason.describe(new NoSuchFileException("photos/a.jpg")))
                .isEqualTo("photos/a.jpg: there is no such file or folder");
        assertThat(IoReason.describe(new FileNotFoundException("a.jpg")))
                .isEqualTo("a.jpg: there is no such file or folder");
        assertThat(IoReason.describe(new FileSystemException("x", null, "No space left on device")))
                .isEqualTo("x: No space left on device");
        assertThat(IoReason.describe(new AccessDeniedException("x"))).startsWith("x: access denied");
    }

    @Test
    void a_cause_that_the_message_does_not_tell_is_added_once() {
        NoSuchFileException missing = new NoSuchFileException("list.txt");
        assertThat(IoReason.describe(new IOException("the list cannot be read", missing)))
                .isEqualTo("the list cannot be read: there is no such file or folder");
        assertThat(IoReason.describe(new IOException("no list: there is no such file or folder", missing)))
                .isEqualTo("no list: there is no such file or folder");
    }

    @Test
    void neither_the_file_nor_the_reason_is_said_twice() {
        NoSuchFileException missing = new NoSuchFileException("nope.jpg");
        String once = "could not read nope.jpg: there is no such file or folder";
        assertThat(IoReason.describe(new IOException("could not read nope.jpg: nope.jpg", missing)))
                .isEqualTo(once);
        assertThat(IoReason.describe(new IOException("could not read nope.jpg: " + missing, missing)))
                .isEqualTo(once);
        assertThat(IoReason.describe(new IOException(once, missing))).isEqualTo(once);
        assertThat(IoReason.describe(new IOException("nope.jpg: there is no such file", missing)))
                .isEqualTo("nope.jpg: there is no such file");
        assertThat(IoReason.describe(new IOException("could not write a/b.onnx: a", new NoSuchFileException("a"))))
                .as("a file in the place of a folder")
                .isEqualTo("could not write a/b.onnx: a: there is no such file or folder");
    }

    @Test
    void no_message_has_the_name_of_a_class_of_java() {
        assertThat(IoReason.describe(new IOException("could not read x: java.nio.file.NoSuchFileException: x")))
                .isEqualTo("could not read x: x");
        assertThat(IoReason.describe(new IOException("java.io.IOException: Is a directory")))
                .isEqualTo("Is a directory");
        assertThat(IoReason.describe(new IOException("a.b.jpg is damaged"))).isEqualTo("a.b.jpg is damaged");
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
