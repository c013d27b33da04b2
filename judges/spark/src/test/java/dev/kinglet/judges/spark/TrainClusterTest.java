package dev.kinglet.judges.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.judges.Drawing;
import dev.kinglet.judges.ServerProcess;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A training whose ranks are tasks of a barrier stage is the one of {@code kinglet train --nproc}, also after a failure. */
@Tag("slow")
class TrainClusterTest {
    private static final int IMAGES = 64;
    private static final int EPOCHS = 40;

    @TempDir
    private Path folder;

    @BeforeEach
    void draw() throws IOException {
        for (String split : List.of("train", "val")) {
            for (int i = 0; i < IMAGES; i++) {
                Path image = folder.resolve("photos/" + split + "/" + i % 2 + "/" + i + ".png");
                Files.createDirectories(image.getParent());
                Files.write(image, Drawing.png(40 - i % 2 * 8, 40, i));
            }
        }
    }

    private List<Object> options() {
        return List.of(
                "--data",
                folder.resolve("photos"),
                "--model",
                "resnet20_cifar",
                "--img-size",
                "32",
                "--batch-size",
                "8",
                "--epochs",
                EPOCHS,
                "--seed",
                "3");
    }

    private List<Object> job(Path runs) {
        List<Object> words = new ArrayList<>(List.of(
                "--ranks", "2", "--directory", runs, "--program", ServerProcess.program(), "--", "--name", "net"));
        words.addAll(options());
        return words;
    }

    /** The tensors of a safetensors file, without its header, which tells of the run. */
    private static byte[] tensors(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        long header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
        return Arrays.copyOfRange(bytes, 8 + (int) header, bytes.length);
    }

    private byte[] trainedWithoutSpark() throws Exception {
        List<Object> words = new ArrayList<>(List.of(
                "train", "--nproc", "2", "--threads", "1", "--name", "alone", "--output", folder.resolve("runs")));
        words.addAll(options());
        ServerProcess.kinglet(words.toArray());
        return tensors(folder.resolve("runs/alone/weights/last.safetensors"));
    }

    private static List<ProcessHandle> ranks(Path runs) {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info()
                        .arguments()
                        .map(words -> List.of(words).contains("train")
                                && List.of(words)
                                        .contains(runs.resolveSibling("photos").toString()))
                        .orElse(false))
                .toList();
    }

    @Test
    void ranks_in_a_barrier_stage_train_the_same_network_also_when_a_worker_dies() throws Exception {
        byte[] alone = trainedWithoutSpark();
        Path runs = folder.resolve("shared");
        try (StandaloneCluster cluster = StandaloneCluster.start(folder.resolve("cluster"))) {
            StandaloneCluster.Result undisturbed =
                    cluster.run("TrainJob", job(folder.resolve("undisturbed")).toArray());
            assertThat(undisturbed.status()).as(undisturbed.err()).isZero();
            assertThat(tensors(folder.resolve("undisturbed/runs/net/weights/last.safetensors")))
                    .isEqualTo(alone);

            StandaloneCluster.Running running =
                    cluster.begin(cluster.settings(), "TrainJob", job(runs).toArray());
            Path results = runs.resolve("runs/net/results.csv");
            long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(3);
            while (!Files.exists(results) || Files.readAllLines(results).size() < 5) {
                assertThat(System.nanoTime()).as("time").isLessThan(end);
                Thread.sleep(50);
            }
            cluster.replaceWorker();
            StandaloneCluster.Result result = running.result();
            assertThat(result.status()).as(result.err()).isZero();
            assertThat(Files.readAllLines(results)).hasSize(1 + EPOCHS);
            assertThat(tensors(runs.resolve("runs/net/weights/last.safetensors")))
                    .isEqualTo(alone);
            assertThat(ranks(runs)).isEmpty();
        }
    }

    @Test
    void a_call_that_cannot_work_says_why() throws Exception {
        try (StandaloneCluster cluster = StandaloneCluster.start(folder.resolve("cluster"))) {
            StandaloneCluster.Result dynamic = cluster.begin(
                            cluster.settings("spark.dynamicAllocation.enabled=true"),
                            "TrainJob",
                            job(folder.resolve("shared")).toArray())
                    .result();
            assertThat(dynamic.status()).isEqualTo(2);
            assertThat(dynamic.err()).contains("--conf spark.dynamicAllocation.enabled=false");

            List<Object> words = job(folder.resolve("shared"));
            words.set(words.indexOf(folder.resolve("photos")), folder.resolve("nowhere"));
            StandaloneCluster.Result failed = cluster.run("TrainJob", words.toArray());
            assertThat(failed.status()).isEqualTo(1);
            assertThat(failed.err().lines())
                    .anyMatch(line -> line.startsWith("TrainJob: ") && line.contains("nowhere"));
        }
    }
}
