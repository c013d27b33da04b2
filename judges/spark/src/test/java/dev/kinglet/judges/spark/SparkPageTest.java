package dev.kinglet.judges.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.judges.Drawing;
import dev.kinglet.judges.ServerProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page on Spark, followed word by word. Slow: every command is a job of its own. */
@Tag("slow")
class SparkPageTest {
    private static final int IMAGES = 12;

    @TempDir
    private Path folder;

    private static String page() throws Exception {
        return Files.readString(StandaloneCluster.root().resolve("docs/spark.md"));
    }

    private static List<String> blocks(String language) throws Exception {
        return Pattern.compile("```" + language + "\\n(.*?)```", Pattern.DOTALL)
                .matcher(page())
                .results()
                .map(match -> match.group(1))
                .toList();
    }

    @Test
    void its_java_compiles() throws Exception {
        List<String> blocks = blocks("java");
        assertThat(blocks).hasSize(1);
        Path source = folder.resolve("Example.java");
        Files.writeString(source, """
                import dev.kinglet.spark.*;
                import java.util.List;
                import org.apache.spark.sql.*;

                class Example {
                    void example(SparkSession spark) throws Exception {
                        %s
                    }
                }
                """.formatted(blocks.get(0)));
        int status = ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        null,
                        null,
                        "-proc:none",
                        "-d",
                        folder.toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        source.toString());
        assertThat(status).isZero();
    }

    @Test
    void its_commands_do_what_it_says() throws Exception {
        Files.createSymbolicLink(folder.resolve("kinglet-spark.jar"), StandaloneCluster.jar());
        ServerProcess.kinglet(
                "export",
                "--model",
                "resnet20_cifar",
                "--num-classes",
                "2",
                "--embeddings",
                "--output",
                folder.resolve("birds.onnx"));
        for (String split : List.of("train", "val")) {
            for (int i = 0; i < IMAGES; i++) {
                Path image = folder.resolve("photos/" + split + "/" + i % 2 + "/" + i + ".png");
                Files.createDirectories(image.getParent());
                Files.write(image, Drawing.png(40, 40 + i, i));
            }
        }
        try (StandaloneCluster cluster = StandaloneCluster.start(folder.resolve("cluster"))) {
            StandaloneCluster.Result made = cluster.program(
                            cluster.settings(), MakeTables.class, folder.resolve("photos"), folder, 48, 4)
                    .result();
            assertThat(made.status()).as(made.err()).isZero();
            Files.move(folder.resolve("paths"), folder.resolve("paths.parquet"));
            List<String> commands = blocks("sh").stream().flatMap(String::lines).toList();
            assertThat(commands).hasSizeGreaterThan(7);
            for (String command : commands) {
                StandaloneCluster.Result result = cluster.shell(
                        command.replace("/shared", folder.toString())
                                .replace(
                                        "/opt/kinglet",
                                        ServerProcess.program()
                                                .resolve("../..")
                                                .normalize()
                                                .toString()),
                        folder);
                assertThat(result.status()).as(command + ": " + result.err()).isZero();
                if (command.contains("--resume")) {
                    assertThat(result.out()).contains(": 0 images, 0 errors");
                }
                if (command.contains("DoctorJob")) {
                    assertThat(result.out()).contains("ONNX Runtime answers").doesNotContain("BROKEN");
                }
            }
            assertThat(folder.resolve("runs/birds/weights/last.safetensors")).exists();
            assertThat(folder.resolve("driver.jsa")).isNotEmptyFile();
            Map<String, Answer> answers = Answer.ofDump(cluster.local(ParquetDump.class, folder.resolve("answers")));
            assertThat(answers).hasSize(2 * IMAGES);
            assertThat(cluster.local(ParquetDump.class, folder.resolve("answers-of-paths"))
                            .lines())
                    .hasSize(48);
            assertThat(Answer.ofDump(cluster.local(ParquetDump.class, folder.resolve("answers-of-shards"))))
                    .hasSize(2 * IMAGES);
        }
    }
}
