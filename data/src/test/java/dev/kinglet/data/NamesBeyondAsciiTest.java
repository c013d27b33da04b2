package dev.kinglet.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Names that Java cannot read; each in a Java of its own, because the locale is read when it starts. */
@Timeout(60)
@DisabledOnOs({OS.WINDOWS, OS.MAC}) // whose names are Unicode, whatever the locale
class NamesBeyondAsciiTest {
    private static final String CAFE = "Caf\\303\\251"; // in UTF-8, for printf
    private static final String CAFE_IN_LATIN1 = "Caf\\351";

    @TempDir
    static Path copies;

    @TempDir
    private Path folder;

    /** Opens data and prints its description and what is wrong with its first image, or why it cannot be opened. */
    static final class Opening {
        public static void main(String[] args) {
            try {
                DataSource source = DataSource.open(Path.of(args[0]), DataOptions.defaults());
                System.out.println(source.description());
                source.train().image(0);
            } catch (IOException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    private static List<String> run(String locale, List<String> words) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
        builder.environment().put("LC_ALL", locale);
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        process.waitFor();
        return out.lines().toList();
    }

    private List<String> open(String locale) throws Exception {
        List<String> java = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp"));
        java.add(classPath());
        java.addAll(List.of("-XX:TieredStopAtLevel=1", Opening.class.getName(), folder.toString()));
        return run(locale, java);
    }

    /** This test's, of which what stands in a folder beyond ASCII is copied: no Java finds it there in the locale C. */
    private static String classPath() throws IOException {
        List<String> entries = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            Path path = Path.of(entry).toAbsolutePath();
            boolean ascii = StandardCharsets.US_ASCII.newEncoder().canEncode(path.toString());
            entries.add((ascii ? path : copy(path, copies.resolve(Integer.toString(entries.size())))).toString());
        }
        return String.join(File.pathSeparator, entries);
    }

    private static Path copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path copied = to.resolve(from.relativize(file).toString());
                if (!Files.exists(copied)) {
                    Files.copy(file, copied);
                }
            }
        }
        return to;
    }

    /** A file whose name need not be text to this Java. */
    private void put(String folderName, String fileName) throws Exception {
        String script = "d=$1/$(printf '" + folderName + "'); mkdir -p \"$d\" && printf no-image >\"$d/$(printf '"
                + fileName + "')\"";
        assertThat(run("C", List.of("sh", "-c", script, "sh", folder.toString())))
                .isEmpty();
    }

    @BeforeEach
    void oneMoreClass() throws IOException {
        Files.write(Files.createDirectories(folder.resolve("zebra")).resolve("1.jpg"), new byte[1]);
    }

    @Test
    void in_a_locale_that_cannot_name_a_folder_one_line_says_which_locale_can() throws Exception {
        put(CAFE, "1.jpg");

        assertThat(open("C"))
                .singleElement()
                .asString()
                .startsWith(folder + "/Caf")
                .contains("a name beyond ASCII, and this locale has file names in ")
                .endsWith("; set LC_ALL=C.UTF-8 and try again");
        assertThat(open("C.UTF-8").get(0)).startsWith("2 classes, 2 images to train on");
    }

    @Test
    void in_such_a_locale_so_does_a_file() throws Exception {
        put("ant", CAFE + ".jpg");

        assertThat(open("C"))
                .singleElement()
                .asString()
                .contains("a name beyond ASCII")
                .contains("LC_ALL=C.UTF-8");
    }

    @Test
    void a_folder_whose_name_is_not_utf_8_is_named_once_with_the_remedy() throws Exception {
        put(CAFE_IN_LATIN1, "1.jpg");
        put(CAFE_IN_LATIN1, "2.jpg");

        assertThat(open("C.UTF-8"))
                .singleElement()
                .asString()
                .startsWith(folder + "/Caf")
                .contains(": a name that is not UTF-8; rename it");
    }

    @Test
    void a_file_whose_name_is_not_utf_8_is_an_image_that_cannot_be_read_for_that_reason() throws Exception {
        put("ant", CAFE_IN_LATIN1 + ".jpg");

        assertThat(open("C.UTF-8"))
                .hasSize(2)
                .last()
                .asString()
                .startsWith(folder + "/ant/Caf")
                .contains(": a name that is not UTF-8; rename it");
    }
}
