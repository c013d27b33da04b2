package dev.kinglet.toolkit.launch;

import dev.kinglet.train.distributed.Rendezvous;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Starts ranks as processes of this machine, all of a group or the one that the environment names, and waits for their end. If
 * one fails, the others are ended too; as often as restarts are left, all begin again, from the last checkpoint of rank 0.
 *
 * <p>{@link #run} works on the calling thread; {@link #requestStop} may be called from any.
 */
public final class RankLauncher {
    private static final long POLL_MILLIS = 50;
    private static final int FAILED = 1;
    private static final int WRONG_CALL = 2;
    private static final int SIGNALED = 128; // and the signal's number
    private static final String LOOPBACK = "127.0.0.1";

    private final List<Rendezvous> given; // of the ranks on this machine; empty: all of a group of its own
    private final int ranks;
    private final int maxRestarts;
    private final Duration timeout;
    private final IntFunction<List<String>> command;
    private final OutputStream out;
    private final OutputStream err;
    private final Listener listener;
    private final List<Rank> running = new ArrayList<>(); // guarded by itself
    private volatile boolean stopRequested;

    /** Hears what happens to the ranks, on the thread that runs the launcher. */
    public interface Listener {
        /** A rank has failed, as soon as that is known; the message names it. */
        void onFailure(String message);

        /** All ranks begin again. */
        void onRestart(String message);
    }

    /**
     * @param ranks processes to start; ignored where {@code environment} names the rank
     * @param environment the rank that this process was started as, by a launcher of many machines; empty: this machine has all
     * @param maxRestarts how often all begin again when one has failed
     * @param timeout after which a rank without a heartbeat has failed
     * @param command command line of a rank, by its number on this machine
     * @param out gets the standard output of the first rank that is started
     * @param err gets its standard error, and that of the others with their rank before each line
     */
    public RankLauncher(
            int ranks,
            Optional<Rendezvous> environment,
            int maxRestarts,
            Duration timeout,
            IntFunction<List<String>> command,
            OutputStream out,
            OutputStream err,
            Listener listener) {
        if (ranks < 1) {
            throw new IllegalArgumentException("at least 1 process is needed, not " + ranks);
        }
        if (maxRestarts < 0) {
            throw new IllegalArgumentException("the number of restarts is 0 or more, not " + maxRestarts);
        }
        this.given = environment.stream().toList();
        this.ranks = given.isEmpty() ? ranks : 1;
        this.maxRestarts = maxRestarts;
        this.timeout = timeout;
        this.command = command;
        this.out = out;
        this.err = err;
        this.listener = listener;
    }

    /** A process that was started. */
    private record Rank(int number, Process process, Path heartbeatFile, RankOutput errors, List<Thread> pumps) {
        String name() {
            return "rank " + number + " (process " + process.pid() + ")";
        }

        /** By which it is ended: the process itself would close its output too, with what is still to be passed on. */
        ProcessHandle handle() {
            return process.toHandle();
        }

        /** Whether it was alive, but has sent no heartbeat for so long. */
        boolean isSilent(Duration limit) {
            try {
                Instant last = Files.getLastModifiedTime(heartbeatFile).toInstant();
                return process.isAlive() && last.plus(limit).isBefore(Instant.now());
            } catch (IOException e) {
                return false; // it has not begun yet
            }
        }

        /** What it failed of, with its number. */
        String failure() {
            int status = process.exitValue();
            Optional<String> said = errors.message();
            if (status > SIGNALED && said.isEmpty()) {
                int signal = status - SIGNALED;
                return name() + " was ended by signal " + signal
                        + (signal == 9 ? ", SIGKILL, as by a user or for want of memory" : "");
            }
            String line = said.orElse("it ended with status " + status);
            return line.startsWith("rank ") || line.startsWith("ranks ") || status == WRONG_CALL
                    ? line
                    : "rank " + number + ": " + line;
        }
    }

    /** Asks every rank to end after the step that is running, with a checkpoint. */
    public void requestStop() {
        stopRequested = true;
        synchronized (running) {
            running.forEach(rank -> rank.handle().destroy());
        }
    }

    /**
     * Starts the ranks and waits until all have ended.
     *
     * @return exit status: 0 if all is done, 2 if the call of a rank was wrong, or else 1
     * @throws IOException if a process cannot be started
     * @throws InterruptedException if the thread is interrupted; the processes are ended then
     */
    public int run() throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("kinglet-ranks-");
        Path runFile = folder.resolve("run");
        try {
            for (int restart = 0; ; restart++) {
                int status = attempt(runFile);
                if (status == 0 || status == WRONG_CALL || stopRequested || restart == maxRestarts) {
                    return status;
                }
                listener.onRestart("Restart " + (restart + 1) + " of at most " + maxRestarts + origin(runFile));
            }
        } finally {
            Files.deleteIfExists(runFile);
            Files.deleteIfExists(folder);
        }
    }

    private String origin(Path runFile) throws IOException {
        if (!given.isEmpty() && given.get(0).rank() > 0) {
            return ""; // rank 0 knows
        }
        return Files.exists(runFile)
                ? ", from the last checkpoint of " + Files.readString(runFile)
                : ", from the beginning";
    }

    private int attempt(Path runFile) throws IOException, InterruptedException {
        try {
            int port = given.isEmpty() ? freePort() : given.get(0).masterPort();
            for (int local = 0; local < ranks; local++) {
                start(local, port, runFile);
            }
            Rank failed = firstFailed();
            if (failed == null) {
                return 0;
            }
            if (failed.process.isAlive()) {
                say(failed.name() + " has sent no heartbeat for " + timeout.toSeconds() + " s: it is stopped");
                return FAILED;
            }
            failed.pumps.forEach(RankLauncher::join);
            if (!stopRequested) {
                say(failed.failure());
            }
            if (failed.process.exitValue() == WRONG_CALL) {
                return WRONG_CALL;
            }
            if (failed.number > 0) {
                awaitFirst();
            }
            return FAILED;
        } finally {
            synchronized (running) {
                for (Rank rank : running) {
                    rank.handle().destroyForcibly(); // a stopped one hears nothing else
                }
            }
            for (Rank rank : List.copyOf(running)) {
                rank.process.waitFor();
                rank.pumps.forEach(RankLauncher::join);
                Files.deleteIfExists(rank.heartbeatFile);
            }
            synchronized (running) {
                running.clear();
            }
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private void start(int local, int port, Path runFile) throws IOException {
        int number = given.isEmpty() ? local : given.get(0).rank();
        ProcessBuilder builder = new ProcessBuilder(command.apply(local));
        Map<String, String> environment = builder.environment();
        environment.put(Rendezvous.RUN_FILE, runFile.toString());
        if (given.isEmpty()) {
            environment.put(Rendezvous.RANK, Integer.toString(local));
            environment.put(Rendezvous.LOCAL_RANK, Integer.toString(local));
            environment.put(Rendezvous.WORLD_SIZE, Integer.toString(ranks));
            environment.put(Rendezvous.LOCAL_WORLD_SIZE, Integer.toString(ranks));
            environment.put(Rendezvous.MASTER_ADDR, LOOPBACK);
            environment.put(Rendezvous.MASTER_PORT, Integer.toString(port));
        }
        if (local > 0) {
            builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
        }
        synchronized (running) {
            if (stopRequested) {
                return;
            }
            Process process = builder.start();
            RankOutput errors = new RankOutput(err, local == 0 ? "" : "[rank " + number + "] ");
            List<Thread> pumps = new ArrayList<>();
            pumps.add(errors.pump(process.getErrorStream()));
            if (local == 0) {
                pumps.add(new RankOutput(out, "").pump(process.getInputStream()));
            }
            running.add(new Rank(number, process, LaunchedRank.heartbeatFile(runFile, number), errors, pumps));
        }
    }

    /** The first rank to fail, or to be silent; null if all have ended well. */
    private @Nullable Rank firstFailed() throws InterruptedException {
        while (true) {
            boolean isRunning = false;
            for (Rank rank : List.copyOf(running)) {
                if (rank.isSilent(timeout)) {
                    return rank;
                }
                if (rank.process.isAlive()) {
                    isRunning = true;
                } else if (rank.process.exitValue() != 0) {
                    return rank;
                }
            }
            if (!isRunning) {
                return null;
            }
            Thread.sleep(POLL_MILLIS);
        }
    }

    /** Says what has failed, after which nobody needs to hear what the ranks say until they have ended. */
    private void say(String failure) {
        synchronized (running) {
            running.forEach(rank -> rank.errors.mute());
        }
        listener.onFailure(failure);
    }

    /**
     * Rank 0 may be writing a checkpoint, and the others have nothing to keep. If one has failed, it finds that out by itself
     * within the time limit; if a stop was requested, it takes the time that the step and the checkpoint take.
     */
    private void awaitFirst() throws InterruptedException {
        long end = System.nanoTime() + 2 * timeout.toNanos();
        for (Rank rank : List.copyOf(running)) {
            while (rank.number == 0
                    && rank.process.isAlive()
                    && !rank.isSilent(timeout)
                    && (stopRequested || System.nanoTime() < end)) {
                rank.process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS);
            }
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join(TimeUnit.SECONDS.toMillis(2)); // a grandchild may hold the pipe
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
