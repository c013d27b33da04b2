package dev.kinglet.toolkit.launch;

import dev.kinglet.base.AtomicFile;
import dev.kinglet.train.distributed.Rendezvous;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * This process as one that {@link RankLauncher} has started.
 *
 * @param rendezvous where the ranks meet
 * @param runFile keeps the run's folder from one start of rank 0 to the next
 */
public record LaunchedRank(Rendezvous rendezvous, Path runFile) {
    /** This process, by its environment; empty if it is none. */
    public static Optional<LaunchedRank> of(Map<String, String> environment) {
        String file = environment.get(RankLauncher.RUN_FILE);
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

    /** Calls {@code stop} when the launcher has ended without it. */
    public static void onLauncherEnded(InputStream input, Runnable stop) {
        Thread thread = new Thread(
                () -> {
                    try {
                        input.transferTo(java.io.OutputStream.nullOutputStream());
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
