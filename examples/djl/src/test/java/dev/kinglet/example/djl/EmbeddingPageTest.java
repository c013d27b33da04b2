package dev.kinglet.example.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import dev.kinglet.infer.Classifier;
import dev.kinglet.models.Models;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program for DJL in docs/embedding.md compiles with what the adapter brings, and runs. */
@Tag("native")
class EmbeddingPageTest {
    private static final Path PAGE = Path.of("..", "..", "docs", "embedding.md");

    /** Before any classifier, in whatever order tests are run: it sets up ONNX Runtime itself. */
    @BeforeAll
    static void startEngine() {
        Engine.getEngine("OnnxRuntime");
    }

    private static String program() throws IOException {
        Matcher block = Pattern.compile("```java\\n((?:(?!```).)*?class NameWithDjl.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(PAGE));
        assertThat(block.find()).isTrue();
        return block.group(1);
    }

    @Test
    void its_program_names_a_photo(@TempDir Path folder) throws Exception {
        String classPath = System.getProperty("java.class.path");
        Path source = Files.writeString(folder.resolve("NameWithDjl.java"), program());
        int status = ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "-proc:none", "-d", folder.toString(), "-cp", classPath, source.toString());
        assertThat(status).isZero();

        Path photo = Drawings.ship(folder);
        Process program = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        folder + File.pathSeparator + classPath,
                        "NameWithDjl",
                        Drawings.model(folder).toString(),
                        photo.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String printed = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(program.waitFor()).isZero();
        try (Classifier classifier = Models.cifar10()) {
            assertThat(printed).contains(classifier.classify(photo).get(0).label());
        }
    }
}
