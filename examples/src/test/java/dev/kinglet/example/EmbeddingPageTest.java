package dev.kinglet.example;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program of docs/embedding.md compiles with what the library brings, and runs. */
@Tag("native")
class EmbeddingPageTest {
    private static final Path PAGE = Path.of("..", "docs", "embedding.md");

    private static String program() throws IOException {
        List<MatchResult> blocks = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(PAGE))
                .results()
                .toList();
        assertThat(blocks).hasSize(2); // the second is for DJL, and tested with it
        return blocks.get(0).group(1);
    }

    @Test
    void its_program_names_photos_and_says_which_are_none(@TempDir Path folder) throws Exception {
        String classPath = System.getProperty("java.class.path");
        Path source = Files.writeString(folder.resolve("NamePhotos.java"), program());
        int status = ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "-proc:none", "-d", folder.toString(), "-cp", classPath, source.toString());
        assertThat(status).isZero();

        Path photos = Files.createDirectory(folder.resolve("photos"));
        Files.write(photos.resolve("a.jpg"), Images.jpeg());
        Files.writeString(photos.resolve("b.jpg"), "no image");
        Process program = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        folder + File.pathSeparator + classPath,
                        "NamePhotos",
                        Images.network(folder).toString(),
                        photos.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String printed = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(program.waitFor()).isZero();
        assertThat(printed.strip().split("\n"))
                .satisfiesExactly(
                        first -> assertThat(first)
                                .matches("a\\.jpg: class \\d \\d+ %, class \\d \\d+ %, class \\d \\d+ %"),
                        second -> assertThat(second).startsWith("b.jpg: ").contains("b.jpg"),
                        last -> assertThat(last).matches("1 answered, 1 failed, \\d+ ms waited"));
    }
}
