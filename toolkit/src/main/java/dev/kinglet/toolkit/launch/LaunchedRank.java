package dev.kinglet.toolkit.launch;

import dev.kinglet.base.AtomicFile;
import dev.kinglet.train.distributed.Rendezvous;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * This process as one that {@link RankLauncher} has started.
 *
 * @param rendezvous where the ranks meet
 * @param runFile keeps the run's folder from one start of rank 0 to the next
 */
public record LaunchedRank(Rendezvous rendezvous, Path runFile) {
    private static final long HEARTBEAT_MILLIS = 1000;

    /** This process, by its environment; empty if it is none. */
    public static Optional<LaunchedRank> of(Map<String, String> environment) {
        String file = environment.get(Rendezvous.RUN_FILE);
        return file == null
                ? Optional.empty()
                : Rendezvous.of(environment).map(rendezvous -> new LaunchedRank(rendezvous, Path.of(file)));
    }

    /** The run that an earlier start of rank 0 has begun, to be resumed. */
    public Optional<Path> run() throws IOException {
        return Files.exists(runFile) ? Optional.of(Path.of(Files.readString(runFile))) : Optional.empty();
    }

    /** Keeps the run's folder for the next start. */
    public void keep(Path run) throws IOException {
        AtomicFile.write(
                runFile, out -> out.write(run.toAbsolutePath().toString().getBytes(StandardCharsets.UTF_8)));
    }

    /** Sends the launcher a heartbeat every second, until this process ends or is stopped. */
    public void keepAlive() throws IOException {
        Path file = heartbeatFile(runFile, rendezvous.rank());
        Files.write(file, new byte[0]);
        Thread thread = new Thread(
                () -> {
                    try {
                        while (true) {
                            Thread.sleep(HEARTBEAT_MILLIS);
                            Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
                        }
                    } catch (InterruptedException | IOException e) {
                        // the launcher has removed the file: it watches no more
                    }
                },
                "kinglet-alive");
        thread.setDaemon(true);
        thread.start();
    }

    /** The file whose date is a rank's last heartbeat. */
    static Path heartbeatFile(Path runFile, int rank) {
        return runFile.resolveSibling("alive-" + rank);
    }

    /** Calls {@code stop} when the launcher has ended without it. */
    public static void onLauncherEnded(InputStream input, Runnable stop) {
        Thread thread = new Thread(
                () -> {
                    try {
                        input.transferTo(OutputStream.nullOutputStream());
                    } catch (IOException e) {
                        // the pipe is broken: the same
                    }
                    stop.run();
                },
                "kinglet-launcher-watch");
        thread.setDaemon(true);
        thread.start();
    }
}
