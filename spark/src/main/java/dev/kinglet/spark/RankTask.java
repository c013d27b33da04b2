package dev.kinglet.spark;

import dev.kinglet.train.distributed.Rendezvous;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Serial;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.TaskKilledException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.collection.Iterator;
import scala.runtime.AbstractFunction1;

/**
 * A task of a barrier stage: one rank of a training, as a process of its own. Rank 0's task chooses the port at which the ranks
 * meet, and tells the others. The answer is what the rank has written to standard output.
 */
final class RankTask extends AbstractFunction1<Iterator<Integer>, Iterator<String>> implements Serializable {
    @Serial
    private static final long serialVersionUID = 1L;

    private static final Logger LOG = LoggerFactory.getLogger(RankTask.class);
    private static final long POLL_MILLIS = 200;
    private static final int GRACE_SECONDS = 15; // in which a rank that is asked to end writes its checkpoint

    private final String program;
    private final String directory;
    private final String application;
    private final String[] options; // a list need not be serializable

    /**
     * @param program path of {@code bin/kinglet} on the executors
     * @param directory of the runs, the same for all executors
     * @param application the job, which keeps the run's folder for the next attempt
     * @param options of {@code kinglet train}
     */
    RankTask(String program, String directory, String application, List<String> options) {
        this.program = program;
        this.directory = directory;
        this.application = application;
        this.options = options.toArray(String[]::new);
    }

    @Override
    public Iterator<String> apply(Iterator<Integer> ranks) {
        BarrierTaskContext task = BarrierTaskContext.get();
        try {
            String out = run(task);
            return scala.jdk.javaapi.CollectionConverters.asScala(List.of(out).iterator());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TaskKilledException("rank " + task.partitionId() + " was interrupted");
        }
    }

    private String run(BarrierTaskContext task) throws IOException, InterruptedException {
        int rank = task.partitionId();
        String port = task.allGather(rank == 0 ? Integer.toString(freePort()) : "")[0];
        List<String> hosts = Arrays.stream(task.getTaskInfos())
                .map(info -> info.address().replaceFirst(":\\d+$", ""))
                .toList();
        Path runs = Files.createDirectories(Path.of(directory));
        Path state = rank == 0
                ? Files.createDirectories(runs.resolve("." + application))
                : Files.createTempDirectory("kinglet-rank-");
        ProcessBuilder builder = new ProcessBuilder(command(task)).directory(runs.toFile());
        Map<String, String> environment = builder.environment();
        environment.putIfAbsent("JAVA_HOME", System.getProperty("java.home"));
        environment.put(Rendezvous.RANK, Integer.toString(rank));
        environment.put(Rendezvous.WORLD_SIZE, Integer.toString(hosts.size()));
        environment.put(
                Rendezvous.LOCAL_WORLD_SIZE,
                Long.toString(hosts.stream().filter(hosts.get(rank)::equals).count()));
        environment.put(Rendezvous.MASTER_ADDR, hosts.get(0));
        environment.put(Rendezvous.MASTER_PORT, port);
        environment.put(Rendezvous.RUN_FILE, state.resolve("run").toString());
        String out = await(task, builder.start(), "rank " + rank);
        delete(state);
        return rank == 0 ? out : "";
    }

    private List<String> command(BarrierTaskContext task) {
        List<String> command = new ArrayList<>(List.of(Path.of(program).toAbsolutePath() + "", "train"));
        command.addAll(List.of(options));
        if (Stream.of(options).noneMatch(option -> option.startsWith("--threads"))) {
            command.addAll(List.of("--threads", Integer.toString(Math.max(1, task.cpus()))));
        }
        return command;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** Waits for a rank's end, or ends it when Spark ends the task. The rank ends by itself if this JVM does. */
    private static String await(BarrierTaskContext task, Process process, String name)
            throws IOException, InterruptedException {
        StringBuilder out = new StringBuilder();
        String[] last = {""};
        Thread output = pump(process.getInputStream(), line -> out.append(line).append('\n'));
        Thread errors = pump(process.getErrorStream(), line -> {
            LOG.info("[{}] {}", name, line);
            if (!line.isBlank()) {
                last[0] = line;
            }
        });
        try {
            while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                if (task.isInterrupted()) {
                    throw new TaskKilledException(name + " was ended, as the job or another rank was");
                }
            }
        } finally {
            end(process);
        }
        output.join();
        errors.join();
        if (process.exitValue() != 0) {
            throw new RankFailure(last[0].isEmpty() ? name + " ended with status " + process.exitValue() : last[0]);
        }
        return out.toString();
    }

    /** By its handle: the process itself would close its output too, with what is still to be read. */
    private static void end(Process process) throws InterruptedException {
        List<ProcessHandle> below = process.descendants().toList();
        process.toHandle().destroy();
        if (!process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS)) {
            process.toHandle().destroyForcibly(); // a stopped one hears nothing else
        }
        below.forEach(ProcessHandle::destroyForcibly);
    }

    private static Thread pump(InputStream stream, Consumer<String> lines) {
        Thread thread = new Thread(() -> {
            try (BufferedReader reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                reader.lines().forEach(lines);
            } catch (IOException | UncheckedIOException e) {
                // the process has ended
            }
        });
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(folder);
    }
}
