package dev.kinglet.cli;

import dev.kinglet.base.Plural;
import dev.kinglet.toolkit.Machine;
import dev.kinglet.train.distributed.Rendezvous;
import java.io.File;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;

/** Options of a training in several processes. */
final class RankOptions {
    private static final Logger LOG = LoggerFactory.getLogger("dev.kinglet.train");
    private static final String STDERR = "-Dkinglet.stderr=";
    private static final String TERMINAL = "-Dkinglet.terminal=";

    @Option(
            names = "--nproc",
            paramLabel = "N",
            description =
                    "Train in N processes on this machine: each step has the batches of all of them. For several machines, one"
                            + " process each is started with torchrun's variables in its environment: RANK, WORLD_SIZE,"
                            + " MASTER_ADDR, MASTER_PORT.")
    private @Nullable Integer processes;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description = "A process that sends no heartbeat, or makes no progress, for so long has failed, and all end"
                    + " (default: " + Rendezvous.DEFAULT_TIMEOUT_SECONDS + ").")
    private @Nullable Double timeoutSeconds;

    @Option(
            names = "--join-timeout",
            paramLabel = "SECONDS",
            description = "How long the processes wait for each other in the beginning (default: 600).")
    private @Nullable Double joinTimeoutSeconds;

    @Option(
            names = "--max-restarts",
            paramLabel = "N",
            description =
                    "When a process has failed, all begin again from the last checkpoint, up to N times (default: 0).")
    private @Nullable Integer maxRestarts;

    @Option(
            names = "--interface",
            paramLabel = "NAME",
            description =
                    "Network interface for the gradients, such as eth0 (default: that of the route to MASTER_ADDR).")
    private @Nullable String networkInterface;

    /** Whether one of them is given. */
    boolean areGiven() {
        return processes != null
                || timeoutSeconds != null
                || joinTimeoutSeconds != null
                || maxRestarts != null
                || networkInterface != null;
    }

    int maxRestarts() {
        return maxRestarts == null ? 0 : maxRestarts;
    }

    /**
     * Processes to start.
     *
     * @throws IllegalArgumentException if there are to be none, or several though this is one of several
     */
    int processes(Optional<Rendezvous> environment) {
        if (processes == null) {
            return 1;
        }
        if (environment.isPresent()) {
            throw new IllegalArgumentException("--nproc starts all processes of a training, but the environment has "
                    + Rendezvous.RANK + "=" + environment.get().rank()
                    + ", so this is one of several already; leave out --nproc, and start one process for each rank");
        }
        if (processes < 1) {
            throw new IllegalArgumentException("--nproc is 1 or more, not " + processes);
        }
        if (processes > Machine.processors()) {
            LOG.warn(
                    "{} processes are slower than {} on {}",
                    processes,
                    Machine.processors(),
                    Plural.of(Machine.processors(), "processor"));
        }
        return processes;
    }

    /** Where the ranks meet, with these options. */
    Rendezvous of(Rendezvous rendezvous) {
        Rendezvous changed = rendezvous;
        if (timeoutSeconds != null) {
            changed = changed.withTimeout(duration(timeoutSeconds, "--timeout"));
        }
        if (joinTimeoutSeconds != null) {
            changed = changed.withJoinTimeout(duration(joinTimeoutSeconds, "--join-timeout"));
        }
        return networkInterface == null ? changed : changed.withNetworkInterface(networkInterface);
    }

    private static Duration duration(double seconds, String option) {
        if (!(seconds > 0 && seconds < 1e6)) {
            throw new IllegalArgumentException(option + " is a number of seconds above 0, not " + seconds);
        }
        return Duration.ofMillis(Math.round(1000 * seconds));
    }

    /**
     * The command line that starts this program again as a rank.
     *
     * @param arguments of the program
     * @param watched whether a person may see its progress
     */
    static List<String> command(List<String> arguments, boolean watched) {
        List<String> options =
                new ArrayList<>(ManagementFactory.getRuntimeMXBean().getInputArguments());
        boolean hasOwnErrors = options.stream().anyMatch(option -> option.startsWith(STDERR));
        options.removeIf(option -> option.startsWith(STDERR) || (!watched && option.startsWith(TERMINAL)));
        List<String> command = new ArrayList<>();
        if (hasOwnErrors) { // as in bin/kinglet: the program prints to a copy, and silences the original
            command.addAll(List.of("/bin/sh", "-c", "exec 3>&2; exec \"$@\"", "sh"));
            options.add(STDERR + 3);
        }
        command.add(String.join(File.separator, System.getProperty("java.home"), "bin", "java"));
        command.addAll(options);
        String classPath = System.getProperty("java.class.path");
        command.addAll(
                classPath.endsWith(".jar") && !classPath.contains(File.pathSeparator) // as bin/kinglet starts it
                        ? List.of("-jar", classPath)
                        : List.of("-cp", classPath, Main.class.getName()));
        command.addAll(arguments);
        return command;
    }
}
