package dev.kinglet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.infer.Classifier;
import dev.kinglet.models.Models;
import dev.kinglet.toolkit.synthetic.SyntheticImages;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README shows is what there is. */
class ReadmeTest {
    private static final Path README = Path.of("..", "README.md");

    @Test
    void its_java_compiles(@TempDir Path folder) throws IOException {
        List<MatchResult> blocks = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(README))
                .results()
                .toList();
        assertThat(blocks).hasSize(3);
        for (MatchResult block : blocks) {
            assertCompiles(block.group(1), folder);
        }
    }

    private static void assertCompiles(String statements, Path folder) throws IOException {
        Path source = folder.resolve("Example.java");
        Files.writeString(source, """
                import dev.kinglet.infer.*;
                import dev.kinglet.models.*;
                import dev.kinglet.toolkit.*;
                import dev.kinglet.train.*;
                import dev.kinglet.train.options.*;
                import java.nio.file.Path;

                class Example {
                    public static void main(String[] args) throws Exception {
                        %s
                    }
                }
                """.formatted(statements));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        int status = compiler.run(
                null,
                null,
                null,
                "-proc:none",
                "-d",
                folder.toString(),
                "-cp",
                System.getProperty("java.class.path"),
                source.toString());
        assertThat(status).as(statements).isZero();
    }

    @Test
    @Tag("native")
    void its_first_program_names_a_photo(@TempDir Path folder) throws Exception {
        Matcher first = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(README));
        assertThat(first.find()).isTrue();
        assertCompiles(first.group(1), folder);
        SyntheticImages.draw(folder.resolve("images"), 1, 1, 1);
        try (Stream<Path> files = Files.walk(folder.resolve("images"))) {
            Files.copy(files.filter(Files::isRegularFile).findFirst().orElseThrow(), folder.resolve("photo.jpg"));
        }
        Process program = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        folder + File.pathSeparator + System.getProperty("java.class.path"),
                        "Example")
                .directory(folder.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String printed = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(program.waitFor()).isZero();
        try (Classifier classifier = Models.cifar10()) {
            assertThat(classifier.labels()).contains(printed.strip());
        }
    }

    @Test
    void its_commands_and_options_exist() throws IOException {
        List<List<String>> calls = new ArrayList<>();
        for (Path page : List.of(README, Path.of("..", "docs", "training.md"))) {
            for (String line : Files.readAllLines(page)) {
                if (line.startsWith("    ./kinglet ")) {
                    calls.add(Arrays.asList(line.strip().split(" ", -1)));
                }
            }
        }
        assertThat(calls).hasSizeGreaterThanOrEqualTo(15);
        for (List<String> call : calls) {
            boolean hasCommands = List.of("benchmark", "data").contains(call.get(1));
            List<String> command = call.subList(1, hasCommands ? 3 : 2);
            Object[] words =
                    Stream.concat(command.stream(), Stream.of("--help")).toArray();
            String help = Run.kinglet(words).out();
            assertThat(help).contains("Usage: kinglet " + String.join(" ", command));
            assertThat(call.stream().filter(word -> word.startsWith("--")))
                    .allSatisfy(option -> assertThat(help).contains(option));
        }
    }

    /** The commands of the serving page are run by tests. */
    @Test
    void its_commands_of_the_server_are_those_of_the_serving_page() throws IOException {
        String page = Files.readString(Path.of("../docs/serving.md")).replace("birds", "otters");
        List<String> commands = Pattern.compile("(?m)^    (?:\\./)?(kinglet serve .*|curl -T .*)$")
                .matcher(Files.readString(README))
                .results()
                .map(command -> command.group(1))
                .toList();
        assertThat(commands).hasSize(2).allSatisfy(command -> assertThat(page).contains(command));
    }

    /** {@code ./kinglet} builds cli and what it needs, and no examples. */
    @Test
    void the_examples_are_called_as_they_are_built() throws IOException {
        String page = Files.readString(Path.of("..", "examples", "README.md"));
        List<MatchResult> calls = Pattern.compile(
                        "java -cp '(\\w+)/target/classes\\S+ dev\\.kinglet\\.(\\w+)\\.(\\w+) ")
                .matcher(page)
                .results()
                .toList();
        assertThat(page).contains("`mvn -DskipTests package` builds them");
        assertThat(calls)
                .hasSize(2)
                .allSatisfy(call -> assertThat(Path.of(
                                "..",
                                call.group(1),
                                "src/main/java/dev/kinglet",
                                call.group(2),
                                call.group(3) + ".java"))
                        .exists());
    }
}
