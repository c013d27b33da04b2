package dev.kinglet.example.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The application in a process of its own, for its memory and its end: 10,000 uploads by 8 threads. */
@Tag("native")
@Tag("slow")
@EnabledOnOs(OS.LINUX) // resident memory is read from /proc
class UploadSoakTest {
    private static final Pattern PORT = Pattern.compile("Tomcat started on port (\\d+)");
    private static final int ROUNDS = 10;
    private static final int UPLOADS = 1_000; // in a round

    @TempDir
    private Path folder;

    private Process start() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xms256m",
                        "-Xmx256m",
                        "-XX:+AlwaysPreTouch", // so that what grows is not the heap
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.kinglet.example.spring.ClassifyUploads",
                        "--server.port=0",
                        "--uploads.at-once=8")
                .redirectError(folder.resolve("err.txt").toFile())
                .start();
    }

    private static long residentMiB(Process process) throws IOException {
        Matcher line = Pattern.compile("VmRSS:\\s+(\\d+) kB")
                .matcher(Files.readString(Path.of("/proc", Long.toString(process.pid()), "status")));
        assertThat(line.find()).isTrue();
        return Long.parseLong(line.group(1)) / 1024;
    }

    /** The port, once it listens; what it writes later is read and left out. */
    private int port(Process process) throws IOException {
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        List<String> lines = new ArrayList<>();
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            lines.add(line);
            Matcher port = PORT.matcher(line);
            if (port.find()) {
                CompletableFuture.runAsync(() -> out.lines().forEach(rest -> {}));
                return Integer.parseInt(port.group(1));
            }
        }
        throw new AssertionError(String.join("\n", lines) + Files.readString(folder.resolve("err.txt")));
    }

    @Test
    void ten_thousand_uploads_get_the_right_statuses_in_flat_memory_and_the_end_comes_within_5_s() throws Exception {
        Process process = start();
        try {
            int port = port(process);
            List<Long> resident = new ArrayList<>();
            for (int round = 0; round < ROUNDS; round++) {
                int first = round * UPLOADS;
                List<Integer> statuses = Uploads.send(port, first, UPLOADS);
                for (int i = 0; i < UPLOADS; i++) {
                    assertThat(statuses.get(i))
                            .as("upload " + (first + i))
                            .isEqualTo((first + i) % 10 == 0 ? 400 : 200);
                }
                resident.add(residentMiB(process));
            }
            System.out.println("resident MiB after each 1,000 uploads: " + resident);
            assertThat(resident.get(ROUNDS - 1)).isCloseTo(resident.get(1), within(resident.get(1) / 10));

            CompletableFuture<List<Integer>> last = CompletableFuture.supplyAsync(() -> {
                try {
                    return Uploads.send(port, 1, 200);
                } catch (Exception e) { // it does not listen any more
                    return List.of();
                }
            });
            Thread.sleep(500);
            long begin = System.nanoTime();
            process.toHandle().destroy(); // SIGTERM, while 8 threads upload
            assertThat(process.waitFor(5, TimeUnit.SECONDS)).isTrue();
            System.out.printf("ended %d ms after SIGTERM%n", (System.nanoTime() - begin) / 1_000_000);
            last.join();
        } finally {
            process.destroyForcibly();
        }
    }
}
