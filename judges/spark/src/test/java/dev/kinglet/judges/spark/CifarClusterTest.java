package dev.kinglet.judges.spark;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.judges.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * CIFAR-10 on a cluster, with one file in a hundred damaged: {@code KINGLET_DATA} has {@code cifar10-png}, {@code
 * KINGLET_WEIGHTS} the weights. {@code -Dkinglet.images=N} takes N images of each class and split instead of all.
 */
@Tag("data")
@Tag("slow")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class CifarClusterTest {
    private static final int DAMAGED_EVERY = 100;
    private static final int PART_FILES = 3; // of the output, after which something is killed

    @TempDir
    private static Path folder;

    private static Path images = Path.of("");
    private static Path model = Path.of("");
    private static int count;
    private static int damaged;
    private static Map<String, Answer> predicted = Map.of();
    private static StandaloneCluster cluster;

    @BeforeAll
    static void prepare() throws Exception {
        String data = System.getenv("KINGLET_DATA");
        String weights = System.getenv("KINGLET_WEIGHTS");
        assumeTrue(data != null && weights != null, "KINGLET_DATA and KINGLET_WEIGHTS are not set");
        images = folder.resolve("cifar");
        copy(Path.of(data, "cifar10-png"), Integer.getInteger("kinglet.images", Integer.MAX_VALUE));
        Path labels = Files.write(
                folder.resolve("labels.txt"),
                List.of("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"));
        Path imported = folder.resolve("resnet20.safetensors");
        ServerProcess.kinglet(
                "import",
                "--model",
                "resnet20_cifar",
                Path.of(weights, "resnet20-cifar10.th"),
                "--labels",
                labels,
                "--output",
                imported);
        model = folder.resolve("resnet20.onnx");
        ServerProcess.kinglet("export", imported, "--output", model);
        cluster = StandaloneCluster.start(folder.resolve("cluster"));
        predicted = predict();
    }

    private static void copy(Path from, int each) throws IOException {
        Map<Path, Integer> taken = new TreeMap<>();
        List<Path> files;
        try (Stream<Path> all = Files.walk(from)) {
            files = all.filter(Files::isRegularFile).sorted().toList();
        }
        for (Path file : files) {
            if (taken.merge(file.getParent(), 1, Integer::sum) > each) {
                continue;
            }
            Path to = images.resolve(from.relativize(file));
            Files.createDirectories(to.getParent());
            byte[] bytes = Files.readAllBytes(file);
            boolean damages = count++ % DAMAGED_EVERY == 0;
            damaged += damages ? 1 : 0;
            Files.write(to, damages ? Arrays.copyOf(bytes, bytes.length * 7 / 10) : bytes);
        }
    }

    /** What the command line makes of the images; its exit status is 1 because of the damaged ones. */
    private static Map<String, Answer> predict() throws Exception {
        Path out = folder.resolve("predict.jsonl");
        Process process = new ProcessBuilder(
                        StandaloneCluster.root()
                                .resolve("cli/target/kinglet/bin/kinglet")
                                .toString(),
                        "predict",
                        model.toString(),
                        images.toString(),
                        "--format",
                        "jsonl")
                .redirectOutput(out.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(process.waitFor()).isEqualTo(1);
        return Answer.ofPredict(Files.readString(out));
    }

    @AfterAll
    static void stop() {
        if (cluster != null) {
            cluster.close();
        }
    }

    private static Map<String, Answer> answers(Path output) throws Exception {
        return Answer.ofDump(cluster.local(ParquetDump.class, output));
    }

    /** The same labels and scores, to the last digit, and an error with the name of each damaged file. */
    private static void assertSameAnswers(Map<String, Answer> written) {
        assertThat(written.keySet()).isEqualTo(predicted.keySet());
        int errors = 0;
        for (Map.Entry<String, Answer> entry : written.entrySet()) {
            Answer expected = requireNonNull(predicted.get(entry.getKey()));
            if (expected.isError()) {
                errors++;
                assertThat(entry.getValue().error())
                        .contains(entry.getKey().substring(folder.toString().length()));
            } else {
                assertThat(entry.getValue()).as(entry.getKey()).isEqualTo(expected);
            }
        }
        assertThat(errors).isEqualTo(damaged);
    }

    private static void assertDone(StandaloneCluster.Result result) {
        assertThat(result.status()).as(result.err()).isZero();
        assertThat(result.out()).contains(": " + count + " images, " + damaged + " error");
        assertThat(Integer.parseInt(result.noted("loaded by (\\d+) executor").group(1)))
                .isLessThanOrEqualTo(StandaloneCluster.WORKERS);
        System.err.println(result.out().strip());
        result.err().lines().filter(line -> line.startsWith("PredictJob: ")).forEach(System.err::println);
    }

    @Test
    @Order(1)
    void files_get_the_answers_of_the_command_line() throws Exception {
        Path output = folder.resolve("of-files");
        assertDone(cluster.run("PredictJob", model, images, output));
        assertSameAnswers(answers(output));
    }

    @Test
    @Order(2)
    void a_table_of_contents_gets_them_too() throws Exception {
        StandaloneCluster.Result made = cluster.program(
                        cluster.settings(), MakeTables.class, images, folder.resolve("tables"), 1_000_000, 200)
                .result();
        assertThat(made.status()).as(made.err()).isZero();
        Path output = folder.resolve("of-bytes");
        assertDone(cluster.run("PredictJob", model, folder.resolve("tables/bytes"), output));
        assertSameAnswers(answers(output));
    }

    @Test
    @Order(3)
    void shards_get_them_too() throws Exception {
        Path shards = folder.resolve("shards");
        ServerProcess.kinglet("data", "pack", images, "--out", shards);
        Path output = folder.resolve("of-shards");
        assertDone(cluster.run("PredictJob", model, shards, output));
        Map<String, Answer> ofContent = new TreeMap<>(); // images have other names in shards
        for (Map.Entry<String, Answer> entry : predicted.entrySet()) {
            ofContent.put(digest(Path.of(entry.getKey())), entry.getValue());
        }
        Map<String, Answer> written = answers(output);
        assertThat(written).hasSize(count);
        List<Path> unpacked = new ArrayList<>();
        for (Map.Entry<String, Answer> entry : written.entrySet()) {
            Path entryPath = Path.of(entry.getKey());
            Path shard = requireNonNull(entryPath.getParent());
            Path into = folder.resolve("unpacked").resolve(shard.getFileName());
            if (!unpacked.contains(into)) {
                Files.createDirectories(into);
                assertThat(new ProcessBuilder("tar", "-xf", shard.toString(), "-C", into.toString())
                                .start()
                                .waitFor())
                        .isZero();
                unpacked.add(into);
            }
            Answer expected = requireNonNull(ofContent.get(digest(into.resolve(entryPath.getFileName()))));
            if (expected.isError()) {
                assertThat(entry.getValue().error())
                        .contains(entryPath.getFileName().toString());
            } else {
                assertThat(entry.getValue()).as(entry.getKey()).isEqualTo(expected);
            }
        }
    }

    private static String digest(Path file) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    }

    @Test
    @Order(4)
    void evaluation_gives_the_figures_of_the_command_line() throws Exception {
        StandaloneCluster.Result result = cluster.run("EvaluateJob", model, images.resolve("test"), "--json");
        assertThat(result.status()).as(result.err()).isZero();
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode spark = (ObjectNode) mapper.readTree(result.out());
        ObjectNode eval =
                (ObjectNode) mapper.readTree(ServerProcess.kinglet("eval", model, "--data", images, "--json"));
        System.err.println(spark);
        spark.remove("images_per_s");
        eval.remove(List.of("images_per_s", "param_count"));
        assertThat(spark).isEqualTo(eval);
    }

    @Test
    @Order(5)
    void an_executor_that_is_killed_costs_nothing_but_time() throws Exception {
        Path output = folder.resolve("executor-killed");
        StandaloneCluster.Running job = begin(output);
        awaitParts(output, job);
        cluster.executors().get(0).destroyForcibly();
        StandaloneCluster.Result result = job.result();
        assertThat(result.status()).as(result.err()).isZero();
        assertSameAnswers(answers(output));
    }

    private static StandaloneCluster.Running begin(Path output, String... more) throws IOException {
        List<Object> args = new ArrayList<>(
                List.of(model, images, output, "--task-images", Integer.toString(Math.max(10, count / 30))));
        args.addAll(List.of(more));
        return cluster.begin(cluster.settings(), "PredictJob", args.toArray());
    }

    /** Waits until some tasks have ended. */
    private static void awaitParts(Path output, StandaloneCluster.Running job) throws Exception {
        long end = System.nanoTime() + Duration.ofMinutes(5).toNanos();
        while (parts(output) < PART_FILES) {
            assertThat(job.process().isAlive()).isTrue();
            assertThat(System.nanoTime()).isLessThan(end);
            Thread.sleep(50);
        }
    }

    private static long parts(Path output) throws IOException {
        if (!Files.isDirectory(output)) {
            return 0;
        }
        try (Stream<Path> files = Files.list(output)) {
            return files.filter(file -> file.toString().endsWith(".parquet")).count();
        }
    }

    @Test
    @Order(6)
    void a_job_whose_driver_was_killed_is_continued() throws Exception {
        Path output = folder.resolve("driver-killed");
        StandaloneCluster.Running job = begin(output);
        awaitParts(output, job);
        job.process().descendants().forEach(ProcessHandle::destroyForcibly);
        job.process().destroyForcibly();
        assertThat(job.result().status()).isNotZero();
        while (!cluster.executors().isEmpty()) {
            Thread.sleep(100);
        }
        int before = answers(output).size();
        assertThat(before).isBetween(1, count - 1);
        StandaloneCluster.Result result = begin(output, "--resume").result();
        assertThat(result.status()).as(result.err()).isZero();
        assertThat(result.out()).contains(": " + (count - before) + " images, ");
        assertSameAnswers(answers(output));
        System.err.println("killed after " + before + " of " + count + " images; the others were done");
    }

    @Test
    @Order(7)
    void an_executors_memory_stays_as_it_is() throws Exception {
        int passes = 20;
        StandaloneCluster.Result result = cluster.program(
                        // the heap is touched at the beginning, so that what grows is native memory
                        cluster.settings(
                                "spark.executor.memory=512m",
                                "spark.executor.extraJavaOptions=-Xms512m -XX:+AlwaysPreTouch -XX:+UseSerialGC"),
                        Passes.class,
                        model,
                        folder.resolve("tables/bytes"),
                        passes,
                        Integer.getInteger("kinglet.pass", 2500))
                .result();
        assertThat(result.status()).as(result.err()).isZero();
        System.err.println(result.out());
        Map<String, List<Long>> resident = new TreeMap<>(); // by executor
        result.out().lines().filter(line -> line.startsWith("pass ")).forEach(line -> {
            String[] words = line.split(" ", -1);
            resident.computeIfAbsent(words[2], id -> new ArrayList<>()).add(Long.valueOf(words[3]));
        });
        assertThat(resident).hasSize(StandaloneCluster.WORKERS);
        assertThat(result.noted("loads (\\d+)").group(1)).isEqualTo(Integer.toString(StandaloneCluster.WORKERS));
        resident.forEach((executor, kib) -> assertThat(kib.get(kib.size() - 1))
                .as("executor " + executor + ": " + kib)
                .isLessThan(kib.get(kib.size() / 2) + (64 << 10)));
    }

    @Test
    @Order(8)
    void a_million_paths_need_no_list() throws Exception {
        Path output = folder.resolve("of-paths");
        StandaloneCluster.Running job =
                cluster.begin(cluster.settings(), "PredictJob", model, folder.resolve("tables/paths"), output);
        long start = System.nanoTime();
        long end = start + Duration.ofMinutes(3).toNanos();
        double seconds = 0;
        while (seconds == 0 && System.nanoTime() < end && job.process().isAlive()) {
            Thread.sleep(20);
            try (Stream<Path> below = Files.isDirectory(output) ? Files.walk(output) : Stream.of()) {
                if (below.anyMatch(file -> file.toString().contains("/_temporary/0/_temporary/"))) { // a task writes
                    seconds = (System.nanoTime() - start) / 1e9;
                }
            } catch (UncheckedIOException e) { // of what is gone already
            }
        }
        job.process().descendants().forEach(ProcessHandle::destroyForcibly);
        job.process().destroyForcibly();
        String err = job.result().err();
        assertThat(seconds).as(err).isPositive();
        String taskStart = err.lines()
                .filter(line -> line.contains("Starting task 0.0 in stage"))
                .findFirst()
                .orElse("");
        System.err.println("the first task that classifies began after " + seconds + " s; " + taskStart);
    }
}
