package dev.kinglet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** In programs of their own, as the launcher starts them, because a process has one standard error. */
@Tag("native")
@Tag("system")
class NativeMessagesTest {
    @TempDir
    private Path folder;

    /** A JPEG whose data ends before its last blocks, which libjpeg fills up with a warning. */
    private static void damaged(Path file) throws IOException {
        BufferedImage noise = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
        Random random = new Random(1);
        for (int i = 0; i < 64 * 64; i++) {
            noise.setRGB(i % 64, i / 64, random.nextInt());
        }
        Files.createDirectories(file.getParent());
        ImageIO.write(noise, "jpg", file.toFile());
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 200] = (byte) 0xff; // the end of the image, early
        bytes[bytes.length - 199] = (byte) 0xd9;
        Files.write(file, bytes);
    }

    private String standardError(String descriptors, String... words) throws Exception {
        List<String> call = new ArrayList<>(List.of("sh", "-c", descriptors + "exec \"$@\"", "sh"));
        call.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        call.addAll(List.of("--add-opens", "java.base/java.io=ALL-UNNAMED"));
        if (!descriptors.isEmpty()) {
            call.add("-Dkinglet.stderr=3");
        }
        call.addAll(
                List.of("-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), Main.class.getName()));
        call.addAll(List.of(words));
        Path errors = Files.writeString(folder.resolve("errors.txt"), "before\n");
        Process process = new ProcessBuilder(call)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile()))
                .start();
        process.waitFor();
        return Files.readString(errors);
    }

    @Test
    void warnings_of_decoders_are_not_printed_and_messages_of_the_program_are() throws Exception {
        damaged(folder.resolve("data/a/1.jpg"));
        damaged(folder.resolve("data/b/2.jpg"));
        String data = folder.resolve("data").toString();

        assertThat(standardError("", "data", "info", data)).contains("Corrupt JPEG data");
        assertThat(standardError("exec 3>&2; ", "data", "info", data)).isEqualTo("before\n");
        assertThat(standardError("exec 3>&2; ", "data", "info", data, "--debug"))
                .contains("Corrupt JPEG data");
        assertThat(standardError(
                        "exec 3>&2; ", "data", "info", folder.resolve("none").toString()))
                .startsWith("before\nkinglet: ")
                .contains("none");
    }
}
