package dev.kinglet.judges.spark;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.judges.Drawing;
import dev.kinglet.judges.ServerProcess;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The jar on a cluster, shortly: the images of a folder get the answers and the embeddings of the command line, and a broken one
 * an error. The example runs without the cluster.
 */
@Tag("native")
class ClusterTest {
    private static final int IMAGES = 30;

    @TempDir
    private static Path folder;

    @AutoClose
    private static StandaloneCluster cluster;

    private static Path model;
    private static Path images; // all of them
    private static Path good;
    private static Path broken;

    @BeforeAll
    static void prepare() throws Exception {
        model = folder.resolve("net.onnx");
        ServerProcess.kinglet(
                "export",
                "--model",
                "resnet20_cifar",
                "--num-classes",
                "10",
                "--rewrite",
                "none",
                "--embeddings",
                "--output",
                model);
        images = folder.resolve("images");
        good = Files.createDirectories(images.resolve("some of them"));
        for (int i = 0; i < IMAGES; i++) {
            Files.write(good.resolve("image " + i + ".png"), Drawing.png(40 + i, 50, i));
        }
        broken = Files.createDirectory(images.resolve("others")).resolve("broken.jpg");
        Files.writeString(broken, "no image");
        cluster = StandaloneCluster.start(folder.resolve("cluster"));
    }

    @Test
    void answers_as_the_command_line_does() throws Exception {
        Path answers = folder.resolve("answers");
        StandaloneCluster.Result result = cluster.run("PredictJob", model, images, answers, "--task-images", "8");
        assertThat(result.status()).as(result.err()).isZero();
        assertThat(result.out()).contains(": 31 images, 1 error, in ");
        assertThat(Integer.parseInt(result.noted("loaded by (\\d+) executor").group(1)))
                .isBetween(1, StandaloneCluster.WORKERS);
        assertThat(result.err()).contains("--conf spark.executor.memoryOverhead=");

        Map<String, Answer> written = Answer.ofDump(cluster.local(ParquetDump.class, answers));
        assertThat(written).hasSize(IMAGES + 1);
        assertThat(requireNonNull(written.remove(broken.toString())).error()).contains("broken.jpg: ");
        assertThat(written).isEqualTo(predicted());
    }

    private static Map<String, Answer> predicted() throws Exception {
        return Answer.ofPredict(ServerProcess.kinglet("predict", model, good, "--format", "jsonl"));
    }

    @Tag("system")
    @Test
    void embeddings_are_those_of_the_command_line_and_a_table_with_them_is_continued_with_them() throws Exception {
        Path answers = folder.resolve("answers with embeddings");
        StandaloneCluster.Result result = cluster.run("PredictJob", model, images, answers, "--embeddings");
        assertThat(result.status()).as(result.err()).isZero();
        String dump = cluster.local(ParquetDump.class, answers);
        Map<String, Answer> written = Answer.ofDump(dump);
        written.remove(broken.toString());
        assertThat(written).isEqualTo(predicted());
        Map<String, String> embeddings = embeddings(dump);
        assertThat(embeddings.remove(broken.toString())).isEmpty();
        Path csv = folder.resolve("embeddings.csv");
        ServerProcess.kinglet("embed", model, good, "--output", csv);
        assertThat(embeddings).isEqualTo(embeddings(Files.readAllLines(csv)));

        StandaloneCluster.Result mixed = cluster.run("PredictJob", model, images, answers, "--resume");
        assertThat(mixed.status()).isEqualTo(2);
        assertThat(mixed.err()).contains("embeddings has answers with embeddings; continue them with --embeddings");
    }

    @Tag("system")
    @Test
    void the_example_counts_the_labels_of_all_images() throws Exception {
        List<String> local = List.of("--master", "local[*]", "--conf", "spark.ui.enabled=false");
        StandaloneCluster.Result example =
                cluster.program(local, ClassifyTable.class, model, images).result();
        assertThat(example.status()).as(example.err()).isZero();
        assertThat(Pattern.compile("(?m): (\\d+)$").matcher(example.out()).results())
                .extracting(count -> Integer.parseInt(count.group(1)))
                .satisfies(counts -> assertThat(
                                counts.stream().mapToInt(count -> count).sum())
                        .isEqualTo(IMAGES + 1));
        assertThat(example.out()).contains("null: 1");
    }

    /** The embeddings of {@link ParquetDump} by path, with commas between their values; empty where there is none. */
    private static Map<String, String> embeddings(String dump) {
        Map<String, String> embeddings = new TreeMap<>();
        for (String line : dump.lines().toList()) {
            String[] cells = line.split("\t", -1);
            embeddings.put(
                    Path.of(URI.create(cells[0].replace(" ", "%20")).getPath()).toString(), cells[6]);
        }
        return embeddings;
    }

    /** Those of {@code kinglet embed}. */
    private static Map<String, String> embeddings(List<String> csv) {
        Map<String, String> embeddings = new TreeMap<>();
        for (String line : csv.subList(1, csv.size())) {
            int end = line.indexOf(',');
            embeddings.put(Path.of(line.substring(0, end)).toAbsolutePath().toString(), line.substring(end + 1));
        }
        return embeddings;
    }
}
