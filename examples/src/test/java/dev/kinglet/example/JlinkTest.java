package dev.kinglet.example;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The runtime of the page on platforms is linked, and runs an embedding program. */
@Tag("slow")
class JlinkTest {
    private static final Path PAGE = Path.of("..", "docs", "platforms.md");
    private static final Path JDK = Path.of(System.getProperty("java.home"), "bin");

    @TempDir
    private Path folder;

    @Test
    void a_linked_runtime_classifies() throws Exception {
        Matcher link = Pattern.compile("(?m)^    jlink (.* --output) runtime$").matcher(Files.readString(PAGE));
        assertThat(link.find()).isTrue();
        Path runtime = folder.resolve("runtime");
        List<String> command = new ArrayList<>(List.of(JDK.resolve("jlink").toString()));
        command.addAll(List.of(link.group(1).split(" ", -1)));
        command.add(runtime.toString());
        run(command);

        Path photo = Files.write(folder.resolve("photo.jpg"), Images.jpeg());
        String printed = run(List.of(
                runtime.resolve("bin/java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                ClassifyImage.class.getName(),
                Images.network(folder).toString(),
                photo.toString()));
        assertThat(printed).contains(" %  class ");
    }

    private static String run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }
}
