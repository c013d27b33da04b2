package dev.kinglet.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.image.Batch;
import dev.kinglet.network.Model;
import dev.kinglet.network.Tensors;
import dev.kinglet.train.distributed.RankFailedException;
import dev.kinglet.train.distributed.Rendezvous;
import dev.kinglet.train.metrics.StepResult;
import dev.kinglet.train.options.LearnerSettings;
import dev.kinglet.train.options.Optimizer;
import dev.kinglet.train.options.OptimizerSettings;
import dev.kinglet.weights.Safetensors;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
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

    private static Batch half(Batch batch, int which) {
        int images = batch.size() / 2;
        int bytes = images * batch.imageSize() * batch.imageSize() * 3;
        ByteBuffer pixels = ByteBuffer.allocateDirect(bytes).put(0, batch.pixels(), which * bytes, bytes);
        int[] labels = new int[images];
        System.arraycopy(batch.labels(), which * images, labels, 0, images);
        return new Batch(pixels, batch.imageSize(), labels, new int[images]);
    }

    private static LearnerSettings settings() {
        return new LearnerSettings(
                OptimizerSettings.of(
                        new Optimizer.Sgd(0.9, Optimizer.Sgd.Momentum.NESTEROV, 1e-3, Optimizer.Decay.WEIGHTS)),
                7,
                1);
    }

    private Tensors weights(TorchLearner learner, Model model, String name) throws IOException {
        Path file = folder.resolve(name + ".safetensors");
        learner.saveWeights(file, model.card());
        return Safetensors.read(file).tensors();
    }

    /** Statistics of batch normalization are each process's own until rank 0's are shared. */
    @Test
    void two_processes_make_the_steps_of_one_that_accumulates_the_gradients_of_two_batches() throws Exception {
        Model model = SmallNetwork.model();
        List<Double> losses = new ArrayList<>();
        Tensors alone;
        try (TorchLearner learner = TorchLearner.of(model, settings())) {
            for (int i = 0; i < 10; i++) {
                Batch batch = SmallNetwork.batch(i, 12);
                losses.add(learner.step(List.of(half(batch, 0), half(batch, 1)), 0.1)
                        .loss());
            }
            alone = weights(learner, model, "alone");
        }

        List<Object> ends = run(2, group -> {
            List<Double> own = new ArrayList<>();
            try (TorchLearner learner = TorchLearner.of(model, settings(), group)) {
                for (int i = 0; i < 10; i++) {
                    Batch batch = half(SmallNetwork.batch(i, 12), group.rank());
                    double[] loss = {learner.step(List.of(batch), 12, 0.1).loss()};
                    group.sum(loss);
                    own.add(loss[0]);
                }
                learner.shareStatistics();
                assertThat(own).isEqualTo(losses);
                return weights(learner, model, "rank" + group.rank());
            }
        });

        assertThat(ends.get(1)).isEqualTo(ends.get(0)).isInstanceOf(Tensors.class);
        Tensors together = (Tensors) ends.get(0);
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
        Model model = SmallNetwork.model();
        List<Object> results = run(2, group -> {
            try (TorchLearner learner = TorchLearner.of(model, settings(), group)) {
                Batch batch = SmallNetwork.batch(1, 6);
                StepResult first = learner.step(group.isFirst() ? List.of(batch) : List.of(), 6, 0.1);
                Tensors before = weights(learner, model, "before" + group.rank());
                double rate = group.isFirst() ? 0.1 : 1e30; // spoils the weights of rank 1 alone
                learner.step(List.of(batch), 12, rate);
                StepResult spoiled = learner.step(List.of(batch), 12, 0.1);
                return List.of(Double.isNaN(first.loss()), before.get("fc.weight"), Double.isNaN(spoiled.loss()));
            }
        });
        assertThat(results.get(1)).isEqualTo(results.get(0));
        assertThat((List<?>) results.get(0)).first().isEqualTo(false);
        assertThat((List<?>) results.get(0)).last().isEqualTo(true);
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
