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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Ranks as processes, each with a group of its own over real sockets, as they are in use. */
@Tag("native")
@Timeout(60)
class GlooProcessGroupTest {
    @TempDir
    Path folder;

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Runs a program once per rank, each a process, with arguments that are its own last. Returns the lines that each has written. */
    private List<List<String>> run(Class<?> program, int ranks, IntFunction<List<String>> arguments) throws Exception {
        List<Process> processes = new ArrayList<>();
        for (int rank = 0; rank < ranks; rank++) {
            List<String> command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx512m",
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                    System.getProperty("java.class.path"),
                    program.getName()));
            command.addAll(arguments.apply(rank));
            processes.add(new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("out" + rank).toFile())
                    .start());
        }
        List<List<String>> results = new ArrayList<>();
        for (int rank = 0; rank < ranks; rank++) {
            assertThat(processes.get(rank).waitFor())
                    .as(Files.readString(folder.resolve("out" + rank)))
                    .isZero();
            results.add(Files.readAllLines(folder.resolve("rank" + rank + ".txt")));
        }
        return results;
    }

    private List<List<String>> groups(String work, int ranks) throws Exception {
        String port = Integer.toString(freePort());
        return run(
                GroupRank.class,
                ranks,
                rank -> List.of(work, Integer.toString(rank), Integer.toString(ranks), port, folder.toString()));
    }

    private List<List<String>> learners(String work) throws Exception {
        String port = Integer.toString(freePort());
        return run(LearnerRank.class, 2, rank -> List.of(work, Integer.toString(rank), port, folder.toString()));
    }

    @Tag("system")
    @Test
    void sums_and_bytes_are_the_same_in_every_process() throws Exception {
        assertThat(groups("sums", 3)).containsOnly(List.of("[3.0, " + (0.1 + 0.2) + ", NaN][7, 1]true"));
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

    @Tag("system")
    @Test
    void a_process_without_images_takes_part_and_one_with_a_loss_that_is_not_finite_stops_all() throws Exception {
        assertThat(learners("spoiled")).containsExactly(List.of("false", "true"), List.of("false", "true"));
    }

    @Tag("system")
    @Test
    void a_process_that_fails_tells_the_others_why() throws Exception {
        List<String> reason = List.of("rank 1 (127.0.0.1) has failed: No space left on device");
        assertThat(groups("failure", 3)).containsExactly(reason, List.of(), reason);
    }

    @Tag("system")
    @Test
    void a_process_that_makes_no_progress_is_named_within_the_time_limit() throws Exception {
        List<List<String>> results = groups("standstill", 2);
        assertThat(results.get(0)).hasSize(2);
        assertThat(Double.parseDouble(results.get(0).get(0))).isBetween(4.5, 15.0);
        assertThat(results.get(0).get(1))
                .startsWith("rank 1 (127.0.0.1) is stuck: it runs, but has made no progress for 5 s");
    }

    @Tag("slow")
    @Test
    void a_process_that_works_on_is_waited_for() throws Exception {
        assertThat(groups("long work", 2)).containsOnly(List.of("2.0"));
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
