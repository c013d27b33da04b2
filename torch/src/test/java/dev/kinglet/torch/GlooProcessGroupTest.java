package dev.kinglet.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.image.Batch;
import dev.kinglet.network.Model;
import dev.kinglet.network.Tensors;
import dev.kinglet.train.distributed.RankFailedException;
import dev.kinglet.train.distributed.Rendezvous;
import dev.kinglet.weights.Safetensors;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Ranks as threads, each with a group of its own over real sockets; {@code RanksTest} of the command line has processes. */
@Tag("native")
@Timeout(60)
class GlooProcessGroupTest {
    private static final Duration SHORT = Duration.ofSeconds(5);

    @TempDir
    Path folder;

    /** What a rank does with its group. */
    private interface Work<T> {
        T in(GlooProcessGroup group) throws Exception;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** The results by rank; an exception for a rank that throws one. */
    private static List<Object> run(int ranks, Work<?> work) throws Exception {
        int port = freePort();
        ExecutorService threads = Executors.newFixedThreadPool(ranks);
        try {
            List<Callable<Object>> calls = new ArrayList<>();
            for (int rank = 0; rank < ranks; rank++) {
                Rendezvous rendezvous = Rendezvous.of(rank, ranks, "127.0.0.1", port)
                        .withTimeout(SHORT)
                        .withJoinTimeout(Duration.ofSeconds(30));
                calls.add(() -> {
                    try (GlooProcessGroup group = GlooProcessGroup.join(rendezvous, () -> false)) {
                        return work.in(group);
                    }
                });
            }
            List<Object> results = new ArrayList<>();
            for (Future<Object> result : threads.invokeAll(calls, 50, TimeUnit.SECONDS)) {
                try {
                    results.add(result.get());
                } catch (ExecutionException e) {
                    results.add(e.getCause());
                }
            }
            return results;
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void sums_and_bytes_are_the_same_in_every_process() throws Exception {
        assertThat(run(3, group -> {
                    double[] values = {group.rank(), 0.1 * group.rank(), Double.NaN};
                    group.sum(values);
                    byte[] bytes = group.broadcast(new byte[] {(byte) (7 + group.rank()), 1});
                    return List.of(values[0], values[1], values[2], bytes[0], group.ofFirst(group.rank() == 0));
                }))
                .containsOnly(List.of(3.0, 0.1 + 0.2, Double.NaN, (byte) 7, true));
    }

    /** Ranks with a learner, each a process. Returns the lines that each has written. */
    private List<List<String>> learners(String work) throws Exception {
        int port = freePort();
        List<Process> processes = new ArrayList<>();
        for (int rank = 0; rank < 2; rank++) {
            processes.add(new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx512m",
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            LearnerRank.class.getName(),
                            work,
                            Integer.toString(rank),
                            Integer.toString(port),
                            folder.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("out" + rank).toFile())
                    .start());
        }
        List<List<String>> results = new ArrayList<>();
        for (int rank = 0; rank < 2; rank++) {
            assertThat(processes.get(rank).waitFor())
                    .as(Files.readString(folder.resolve("out" + rank)))
                    .isZero();
            results.add(Files.readAllLines(folder.resolve("rank" + rank + ".txt")));
        }
        return results;
    }

    private Tensors weightsOf(int rank) throws IOException {
        return Safetensors.read(folder.resolve("rank" + rank + ".safetensors")).tensors();
    }

    /** Statistics of batch normalization are each process's own until rank 0's are shared. */
    @Test
    void two_processes_make_the_steps_of_one_that_accumulates_the_gradients_of_two_batches() throws Exception {
        Model model = SmallNetwork.model();
        List<String> losses = new ArrayList<>();
        Tensors alone;
        try (TorchLearner learner = TorchLearner.of(model, LearnerRank.settings())) {
            for (int i = 0; i < LearnerRank.STEPS; i++) {
                Batch batch = SmallNetwork.batch(i, LearnerRank.IMAGES);
                List<Batch> halves = List.of(LearnerRank.half(batch, 0), LearnerRank.half(batch, 1));
                losses.add(Double.toString(learner.step(halves, 0.1).loss()));
            }
            alone = LearnerRank.weights(learner, model, folder.resolve("alone.safetensors"));
        }

        assertThat(learners("halves")).containsExactly(losses, losses);
        Tensors together = weightsOf(0);
        assertThat(weightsOf(1)).isEqualTo(together);
        for (String name : alone.asMap().keySet()) {
            if (name.contains("running_")) {
                assertThat(together.get(name)).isNotEqualTo(alone.get(name));
            } else if (!name.contains("num_batches")) {
                assertThat(together.get(name)).as(name).isEqualTo(alone.get(name));
            }
        }
    }

    @Test
    void a_process_without_images_takes_part_and_one_with_a_loss_that_is_not_finite_stops_all() throws Exception {
        assertThat(learners("spoiled")).containsExactly(List.of("false", "true"), List.of("false", "true"));
    }

    /** A thread of libtorch that still runs when a process exits may crash it. */
    private static void assertThatNativeThreadsHaveEnded() throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
            for (Path task : tasks) {
                try {
                    names.add(Files.readString(task.resolve("comm")).strip());
                } catch (NoSuchFileException e) {
                    continue; // it has ended just now
                }
            }
        }
        assertThat(names).noneMatch(name -> name.startsWith("pt_") || name.startsWith("kinglet-gloo"));
    }

    @Test
    void a_process_that_fails_tells_the_others_why() throws Exception {
        List<Object> results = run(3, group -> {
            if (group.rank() == 1) {
                group.fail("No space left on device");
                return "failed";
            }
            group.sum(new double[1]);
            return "went on";
        });
        assertThat(results.get(1)).isEqualTo("failed");
        for (int rank : new int[] {0, 2}) {
            assertThat(results.get(rank))
                    .isInstanceOf(RankFailedException.class)
                    .hasToString(RankFailedException.class.getName()
                            + ": rank 1 (127.0.0.1) has failed: No space left on device");
        }
        assertThatNativeThreadsHaveEnded();
    }

    @Test
    void a_process_that_makes_no_progress_is_named_within_the_time_limit() throws Exception {
        CountDownLatch named = new CountDownLatch(1);
        List<Object> results = run(2, group -> {
            group.progress();
            group.sum(new double[1]);
            long begin = System.nanoTime();
            if (group.rank() == 1) {
                named.await(40, TimeUnit.SECONDS); // its heartbeats go on
                return "stuck";
            }
            try {
                group.sum(new double[1]);
                return "went on";
            } finally {
                named.countDown();
                assertThat((System.nanoTime() - begin) / 1e9).isBetween(4.5, 15.0);
            }
        });
        assertThat(results.get(0)).isInstanceOf(RankFailedException.class);
        assertThat(((RankFailedException) results.get(0)).getMessage())
                .startsWith("rank 1 (127.0.0.1) is stuck: it runs, but has made no progress for 5 s");
    }

    @Tag("slow")
    @Test
    void a_process_that_works_on_is_waited_for() throws Exception {
        assertThat(run(2, group -> {
                    if (group.rank() == 1) {
                        for (int i = 0; i < 14; i++) { // seven seconds, more than the time limit
                            Thread.sleep(500);
                            group.progress();
                        }
                    }
                    double[] one = {1};
                    group.progress();
                    group.sum(one);
                    return one[0];
                }))
                .containsOnly(2.0);
    }

    @Test
    void who_has_not_come_is_named() throws Exception {
        Rendezvous first = Rendezvous.of(0, 3, "127.0.0.1", freePort()).withJoinTimeout(Duration.ofSeconds(1));
        assertThatThrownBy(() -> GlooProcessGroup.join(first, () -> false))
                .isInstanceOf(RankFailedException.class)
                .hasMessage("ranks 1, 2 have not come to 127.0.0.1:" + first.masterPort()
                        + " within 1 s; start a process for each rank");

        Rendezvous last = Rendezvous.of(1, 2, "127.0.0.1", freePort()).withJoinTimeout(Duration.ofSeconds(1));
        assertThatThrownBy(() -> GlooProcessGroup.join(last, () -> false))
                .isInstanceOf(RankFailedException.class)
                .hasMessageStartingWith("rank 0 at 127.0.0.1:" + last.masterPort() + " has not begun within 1 s");
    }

    @Test
    void an_interface_that_is_not_there_is_said_with_those_that_are() {
        Rendezvous rendezvous = Rendezvous.of(0, 2, "127.0.0.1", 29500).withNetworkInterface("wifi9");
        assertThatThrownBy(() -> GlooProcessGroup.join(rendezvous, () -> false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("there is no network interface wifi9; there are ")
                .hasMessageContaining("lo");
    }

    @Test
    void a_master_that_nobody_knows_is_said() {
        Rendezvous rendezvous =
                Rendezvous.of(1, 2, "no-such-machine.invalid", 29500).withJoinTimeout(Duration.ofSeconds(1));
        assertThatThrownBy(() -> GlooProcessGroup.join(rendezvous, () -> false))
                .isInstanceOf(IOException.class)
                .hasMessage("MASTER_ADDR: no machine of the name no-such-machine.invalid is known");
    }
}
