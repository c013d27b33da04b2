package dev.kinglet.judges;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/** The built program as its users have it: {@code cli/target/kinglet/bin/kinglet}. */
public final class ServerProcess implements AutoCloseable {
    private final Process process;
    private final URI uri;

    private ServerProcess(Process process, URI uri) {
        this.process = process;
        this.uri = uri;
    }

    /** The program's launcher. */
    public static Path program() {
        Path folder = Path.of("").toAbsolutePath();
        while (folder != null && !Files.exists(folder.resolve("cli/target/kinglet/bin/kinglet"))) {
            folder = folder.getParent();
        }
        if (folder == null) {
            throw new IllegalStateException("cli/target/kinglet/bin/kinglet is not built; run mvn package first");
        }
        return folder.resolve("cli/target/kinglet/bin/kinglet");
    }

    /** Runs a command to its end and gives what it prints. */
    public static String kinglet(Object... words) throws IOException, InterruptedException {
        File errors = File.createTempFile("kinglet", ".txt");
        try {
            Process process =
                    new ProcessBuilder(command(words)).redirectError(errors).start();
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IllegalStateException(command(words) + ": " + Files.readString(errors.toPath()));
            }
            return out;
        } finally {
            Files.delete(errors.toPath());
        }
    }

    private static List<String> command(Object... words) {
        List<String> command = new ArrayList<>(List.of(program().toString()));
        for (Object word : words) {
            command.add(word.toString());
        }
        return command;
    }

    /** Serves a file or a folder, at a port that is free. */
    public static ServerProcess serve(Path models, Object... options) throws IOException {
        List<String> command = command("serve", models, "--port", "0");
        command.addAll(command(options).subList(1, options.length + 1));
        return start(new ProcessBuilder(command));
    }

    /** Starts a command that serves. */
    public static ServerProcess start(ProcessBuilder command) throws IOException {
        Process process = command.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String line = out.readLine();
        if (line == null) {
            throw new IllegalStateException("the server ended before it listened");
        }
        return new ServerProcess(process, URI.create(line.substring(0, line.indexOf(' '))));
    }

    public URI uri() {
        return uri;
    }

    /** Asks it to end, as a supervisor does (SIGTERM). */
    public void terminate() {
        process.destroy();
    }

    /**
     * Waits for its end.
     *
     * @return its exit status; none if it has not ended by then
     */
    public OptionalInt ended(Duration within) throws InterruptedException {
        return process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS)
                ? OptionalInt.of(process.exitValue())
                : OptionalInt.empty();
    }

    /** Bytes of memory that it holds, by Linux' accounts. */
    public long residentBytes() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + javaProcess() + "/status"))) {
            if (line.startsWith("VmRSS:")) {
                return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        throw new IOException("/proc says nothing of the server's memory");
    }

    /** The launcher may have become Java, or may have started it. */
    public long javaProcess() {
        return process.descendants().mapToLong(ProcessHandle::pid).findFirst().orElse(process.pid());
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
