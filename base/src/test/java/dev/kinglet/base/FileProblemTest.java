package dev.kinglet.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileProblemTest {
    @TempDir
    private Path folder;

    @Test
    void a_missing_file_is_named_and_said_to_be_missing() {
        NoSuchFileException missing = new NoSuchFileException("photos/a.jpg");
        assertThat(FileProblem.describe(missing)).isEqualTo("photos/a.jpg: there is no such file or folder");
        assertThat(FileProblem.reason(missing)).isEqualTo("there is no such file or folder");
        assertThat(FileProblem.describe(new IOException("the list list.txt cannot be read", missing)))
                .isEqualTo("the list list.txt cannot be read: there is no such file or folder");
    }

    @Test
    void the_systems_own_reason_is_said_where_there_is_one() throws IOException {
        assertThat(FileProblem.describe(new FileSystemException("x", null, "No space left on device")))
                .isEqualTo("x: no space left on device");
        assertThat(FileProblem.reason(new AccessDeniedException("x"))).startsWith("access denied");
        try {
            Files.readAllBytes(folder);
        } catch (IOException e) { // the JDK says "Is a directory" and not which
            assertThat(FileProblem.reason(e)).isEqualTo("is a directory");
        }
    }

    @Test
    void no_message_has_the_name_of_a_class_of_java() {
        assertThat(FileProblem.plain("could not read x: java.nio.file.NoSuchFileException: x"))
                .isEqualTo("could not read x: x");
        assertThat(FileProblem.plain("it broke off: java.net.ConnectException")).isEqualTo("it broke off:");
        assertThat(FileProblem.plain(null)).isEqualTo("cannot be used");
        assertThat(FileProblem.plain("a.b.jpg is damaged")).isEqualTo("a.b.jpg is damaged");
    }
}
