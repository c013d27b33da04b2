package dev.kinglet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.kinglet.toolkit.synthetic.SyntheticImages;
import dev.kinglet.train.distributed.Rendezvous;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Training in several processes of their own. */
@Tag("native")
@EnabledOnOs(OS.LINUX) // signals, and /proc
class RanksTest {
    @TempDir
    private Path folder;

    private Path runs;

    @BeforeEach
    void draw() throws IOException {
        SyntheticImages.draw(folder.resolve("images"), 3, 4, 1);
        runs = folder.resolve("runs");
    }

    /** A program that trains, and what it prints. */
    private record Training(Process process, Path out, Path err) {
        int await() throws InterruptedException, IOException {
            assertThat(process.waitFor(120, TimeUnit.SECONDS)).as(errors()).isTrue();
            return process.exitValue();
        }

        String errors() throws IOException {
            return Files.readString(err);
        }
    }

    private List<String> words(String name, String... more) {
        List<String> words = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.kinglet.cli.Main",
                "train"));
        words.addAll(
                List.of("--data", folder.resolve("images").toString(), "--output", runs.toString(), "--name", name));
        words.addAll(List.of("--model", "resnet20_cifar", "--img-size", "32", "--batch-size", "6", "--threads", "1"));
        words.addAll(List.of("--lr", "0.01", "--log-interval", "1"));
        words.addAll(Arrays.asList(more));
        return words;
    }

    private Training start(String name, Map<String, String> environment, String... more) throws IOException {
        String files = name + environment.getOrDefault("RANK", "");
        Path out = folder.resolve(files + ".out");
        Path err = folder.resolve(files + ".err");
        ProcessBuilder builder = new ProcessBuilder(words(name, more));
        builder.environment().putAll(environment);
        return new Training(
                builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start(), out, err);
    }

    private void train(String name, String... more) throws Exception {
        Training training = start(name, Map.of(), more);
        assertThat(training.await()).as(training.errors()).isZero();
    }

    private List<Double> losses(String name) throws IOException {
        return Pattern.compile("loss: ([\\d.]+) \\(")
                .matcher(Files.readString(runs.resolve(name).resolve("train.log")))
                .results()
                .map(loss -> Double.valueOf(loss.group(1)))
                .toList();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static Map<String, String> rank(int rank, int port) {
        return Map.of(
                "RANK",
                Integer.toString(rank),
                "WORLD_SIZE",
                "2",
                "MASTER_ADDR",
                "127.0.0.1",
                "MASTER_PORT",
                Integer.toString(port));
    }

    /** Nothing of the network is random but its first weights, so that the losses are those of one process. */
    @Tag("system")
    @Test
    void two_processes_train_as_one_that_accumulates_and_write_one_run() throws Exception {
        Files.copy(
                image(folder.resolve("images/train")),
                image(folder.resolve("images/val")),
                StandardCopyOption.REPLACE_EXISTING);
        train("one", "--epochs", "2", "--grad-accum-steps", "2");
        Training two = start("two", Map.of(), "--epochs", "2", "--nproc", "2", "--json");

        assertThat(two.await()).as(two.errors()).isZero();
        assertThat(losses("two")).hasSizeGreaterThan(3).isEqualTo(losses("one"));
        assertThat(Files.readString(two.out()))
                .startsWith("{")
                .contains("\"finished\"")
                .endsWith("}\n");
        assertThat(two.errors())
                .contains("2 processes, gloo over 127.0.0.1", "which is not scaled")
                .doesNotContain("[rank 1]")
                .containsOnlyOnce("1 validation image is the same, byte for byte, as a training image");
        assertThat(Files.readString(runs.resolve("two").resolve("report.html"))).contains("Heat map of ");
        assertThat(runs).isDirectoryContaining(run -> run.endsWith("two"));
        try (Stream<Path> all = Files.list(runs)) {
            assertThat(all).hasSize(2);
        }
        for (String name : List.of("one", "two")) {
            try (Stream<Path> files = Files.walk(runs.resolve(name))) {
                assertThat(files.filter(file -> file.toString().endsWith(".tmp")))
                        .isEmpty();
            }
        }
        Run evaluated = Run.kinglet(
                "eval",
                runs.resolve("two"),
                "--data",
                folder.resolve("images"),
                "--threads",
                "1",
                "--batch-size",
                "6",
                "--json");
        assertThat(evaluated.status()).as(evaluated.err()).isZero();
        assertThat(evaluated.out()).contains("\"top1\" : " + number(Files.readString(two.out()), "top1"));
    }

    private static Path image(Path within) throws IOException {
        try (Stream<Path> all = Files.walk(within)) {
            return all.filter(Files::isRegularFile)
                    .min(Comparator.naturalOrder())
                    .orElseThrow();
        }
    }

    private static String number(String json, String key) {
        return Pattern.compile("\"" + key + "\" : ([\\d.]+)")
                .matcher(json)
                .results()
                .map(found -> found.group(1))
                .findFirst()
                .orElseThrow();
    }

    @Tag("system")
    @Test
    void a_killed_rank_is_named_and_all_begin_again_from_the_last_checkpoint() throws Exception {
        Training training = start(
                "killed",
                Map.of(),
                "--epochs",
                "6",
                "--nproc",
                "2",
                "--max-restarts",
                "1",
                "--checkpoint-interval",
                "0.1");
        awaitRows("killed", training, 2);
        ProcessHandle second = second(training);
        second.destroyForcibly();

        assertThat(training.await()).as(training.errors()).isZero();
        assertThat(training.errors().lines().filter(line -> line.startsWith("kinglet: ")))
                .singleElement()
                .asString()
                .startsWith("kinglet: rank 1 (process " + second.pid() + ") was ended by signal 9");
        assertThat(training.errors()).contains("Restart 1 of at most 1, from the last checkpoint of ");
        String log = Files.readString(runs.resolve("killed/train.log"));
        assertThat(log).contains("Resumed from step-").contains("Finished after");
        assertThat(Files.readAllLines(runs.resolve("killed/results.csv"))).hasSize(1 + 6);
    }

    @Tag("slow")
    @Test
    void without_restarts_left_the_line_that_names_the_rank_is_the_last() throws Exception {
        Training training = start("ended", Map.of(), "--epochs", "50", "--nproc", "2");
        awaitRows("ended", training, 1);
        ProcessHandle second = second(training);
        second.destroyForcibly();

        assertThat(training.await()).isEqualTo(1);
        assertThat(training.errors().lines().reduce((before, last) -> last).orElseThrow())
                .startsWith("kinglet: rank 1 (process " + second.pid() + ") was ended by signal 9");
        assertThat(training.process.children()).isEmpty();
    }

    @Tag("slow")
    @Test
    void a_signal_stops_all_ranks_with_a_checkpoint_and_the_run_goes_on_in_two_processes_or_one() throws Exception {
        Training training = start("stopped", Map.of(), "--epochs", "4", "--nproc", "2");
        awaitRows("stopped", training, 1);
        training.process.destroy(); // SIGTERM, to the launcher alone

        assertThat(training.await()).as(training.errors()).isEqualTo(130);
        assertThat(training.errors())
                .contains("Resume it with: kinglet train --resume")
                .doesNotContain("kinglet: ");
        Path run = runs.resolve("stopped");
        ProcessBuilder builder = new ProcessBuilder(words("x").subList(0, 8));
        builder.command().addAll(List.of("--resume", run.toString(), "--nproc", "2"));
        Process resumed = builder.redirectErrorStream(true)
                .redirectOutput(folder.resolve("resumed.txt").toFile())
                .start();
        assertThat(resumed.waitFor(120, TimeUnit.SECONDS)).isTrue();
        assertThat(resumed.exitValue())
                .as(Files.readString(folder.resolve("resumed.txt")))
                .isZero();
        assertThat(Files.readString(run.resolve("train.log")))
                .contains("Resumed from step-", "Finished after")
                .doesNotContain("Changed: processes");
        Run alone = Run.kinglet("train", "--resume", run, "--epochs", "5");
        assertThat(alone.status()).as(alone.err()).isZero();
        assertThat(Files.readString(run.resolve("train.log"))).contains("Changed: processes 2 -> 1");
    }

    /** As torchrun, Slurm or Kubernetes start them: each with its rank in the environment. */
    @Tag("slow")
    @Test
    void processes_with_torchruns_variables_find_each_other() throws Exception {
        int port = freePort();
        Training second = start("machines", rank(1, port), "--epochs", "1");
        Training first = start("machines", rank(0, port), "--epochs", "1", "--interface", loopback());

        assertThat(first.await()).as(first.errors()).isZero();
        assertThat(second.await()).as(second.errors()).isZero();
        assertThat(Files.readString(second.out())).isEmpty();
        assertThat(runs.resolve("machines/weights/best.safetensors")).exists();
    }

    private static String loopback() throws IOException {
        return java.net.NetworkInterface.getByInetAddress(InetAddress.getLoopbackAddress())
                .getName();
    }

    @Tag("system")
    @Test
    void other_images_on_another_rank_are_refused_by_all() throws Exception {
        int port = freePort();
        Path others = folder.resolve("elsewhere");
        SyntheticImages.draw(others.resolve("images"), 3, 4, 1);
        try (Stream<Path> images = Files.walk(others)) {
            Files.delete(images.filter(file -> file.toString().contains("train") && Files.isRegularFile(file))
                    .findFirst()
                    .orElseThrow());
        }
        // the same path, of another folder: as on another machine
        List<String> relative = new ArrayList<>(words("differ", "--epochs", "1"));
        relative.set(relative.indexOf("--data") + 1, "images");
        List<Process> processes = new ArrayList<>();
        for (int rank = 0; rank < 2; rank++) {
            ProcessBuilder builder = new ProcessBuilder(relative);
            builder.environment().putAll(rank(rank, port));
            builder.directory((rank == 0 ? folder : others).toFile());
            builder.redirectError(folder.resolve("differ" + rank + ".err").toFile());
            processes.add(builder.start());
        }
        for (int rank = 0; rank < 2; rank++) {
            assertThat(processes.get(rank).waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(processes.get(rank).exitValue()).isEqualTo(1);
            assertThat(Files.readString(folder.resolve("differ" + rank + ".err")))
                    .contains("kinglet: rank 1")
                    .contains("the images in images of rank 1 are not those that rank 0 has there");
        }
        assertThat(runs.resolve("differ")).doesNotExist();
    }

    @Tag("slow")
    @Test
    void a_stopped_rank_is_named_within_the_time_limit() throws Exception {
        Training training = start("frozen", Map.of(), "--epochs", "200", "--nproc", "2");
        awaitRows("frozen", training, 1);
        ProcessHandle second = second(training);
        long begin = System.nanoTime();
        assertThat(new ProcessBuilder("kill", "-STOP", Long.toString(second.pid()))
                        .start()
                        .waitFor())
                .isZero();
        while (!training.errors().matches("(?s).*kinglet: rank 1 \\(.*\\) has sent no heartbeat for 30 s.*")) {
            assertThat((System.nanoTime() - begin) / 1e9).as(training.errors()).isLessThan(60);
            Thread.sleep(50);
        }
        assertThat(training.await()).isEqualTo(1);
        assertThat(second.isAlive()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--nproc 0 | --nproc is 1 or more, not 0",
                "--nproc two | invalid value for option '--nproc'",
                "--nproc 2 --timeout 1 | the timeout is at least 5 seconds, not 1.0",
                "--nproc 2 --timeout -3 | --timeout is a number of seconds above 0, not -3.0",
                "--nproc 2 --max-restarts -1 | the number of restarts is 0 or more, not -1",
                "--nproc 2 --dry-run | --dry-run plans the training of one process",
                "--nproc 2 --data nowhere | nowhere"
            })
    void says_what_is_wrong_with_an_option(String options, String message) throws Exception {
        Run run = Run.kinglet(Stream.concat(
                        Stream.of("train", "--data", folder.resolve("images"), "--model", "resnet20_cifar"),
                        Arrays.stream(options.strip().split(" ")))
                .toArray());
        assertThat(run.status()).as(run.err()).isIn(1, 2);
        assertThat(run.err()).contains("kinglet: ").contains(message.strip());
    }

    @Test
    void a_rank_of_another_launcher_starts_no_ranks_of_its_own() throws Exception {
        Training training = start("nested", rank(0, freePort()), "--nproc", "2");
        assertThat(training.await()).isEqualTo(2);
        assertThat(training.errors())
                .contains("the environment has RANK=0, so this is one of several already; leave out --nproc");
    }

    /** The commands of docs/scale.md, on images drawn for the test. */
    @Tag("slow")
    @Test
    void the_commands_of_the_page_run() throws Exception {
        String page = Files.readString(Path.of("..", "docs", "scale.md"));
        List<String> commands = Pattern.compile("(?m)^    (?:[A-Z_]+=\\S+ )*\\./kinglet train .*$")
                .matcher(page)
                .results()
                .map(MatchResult::group)
                .map(String::strip)
                .toList();
        assertThat(commands).hasSizeGreaterThanOrEqualTo(3);
        Files.createSymbolicLink(folder.resolve("photos"), folder.resolve("images/train"));
        int port = freePort();
        List<Process> processes = new ArrayList<>();
        for (String command : commands) {
            List<String> all = new ArrayList<>(Arrays.asList(command.split(" ")));
            boolean isOfSeveral = all.get(0).contains("=");
            List<String> variables = isOfSeveral ? all.subList(0, all.indexOf("./kinglet")) : List.of();
            List<String> words = new ArrayList<>(words("x").subList(0, 8));
            words.addAll(all.subList(all.indexOf("train") + 1, all.size()));
            words.addAll(List.of("--epochs", "1", "--limit-train", "24", "--limit-val", "8", "--batch-size", "6"));
            words.addAll(List.of("--warmup-epochs", "0.5", "--threads", "1"));
            replace(words, "--model", "resnet20_cifar");
            replace(words, "--img-size", "32");
            replace(words, "--nproc", "2");
            replace(words, "--interface", loopback());
            if (words.contains("--resume")) {
                words = new ArrayList<>(words.subList(0, words.indexOf("--resume") + 1));
                words.addAll(List.of("--nproc", "2", "--epochs", "2"));
            }
            ProcessBuilder builder = new ProcessBuilder(words);
            builder.directory(folder.toFile());
            for (String variable : variables) {
                String[] parts = variable.split("=", 2);
                builder.environment()
                        .put(
                                parts[0],
                                switch (parts[0]) {
                                    case "MASTER_ADDR" -> "127.0.0.1";
                                    case "MASTER_PORT" -> Integer.toString(port);
                                    default -> parts[1];
                                });
            }
            Path said = folder.resolve("command" + commands.indexOf(command) + ".txt");
            builder.redirectErrorStream(true).redirectOutput(said.toFile());
            Process process = builder.start();
            processes.add(process);
            if (!isOfSeveral || processes.size() == commands.size()) {
                assertEnds(process, said);
            }
        }
        for (Process process : processes) {
            assertEnds(process, folder.resolve("command" + processes.indexOf(process) + ".txt"));
        }
    }

    /** There is no cluster to run them on; that they can be read and set what a rank needs can be tested. */
    @Test
    void the_files_of_the_page_for_clusters_set_what_a_rank_needs() throws Exception {
        String page = Files.readString(Path.of("..", "docs", "scale.md"));
        List<String> names =
                List.of(Rendezvous.RANK, Rendezvous.WORLD_SIZE, Rendezvous.MASTER_ADDR, Rendezvous.MASTER_PORT);
        String job = block(page, "yaml");
        List<JsonNode> documents = new ArrayList<>();
        new YAMLMapper().readerFor(JsonNode.class).<JsonNode>readValues(job).forEachRemaining(documents::add);
        assertThat(documents).hasSize(2);
        JsonNode container = documents.get(1).at("/spec/template/spec/containers/0");
        List<String> set = new ArrayList<>(List.of(Rendezvous.RANK));
        container.path("env").forEach(variable -> set.add(variable.path("name").asText()));
        assertThat(container.path("command").path(2).asText())
                .startsWith("RANK=$JOB_COMPLETION_INDEX exec kinglet train");
        assertThat(set).containsExactlyInAnyOrderElementsOf(names);

        Path script = folder.resolve("job.sh");
        Files.writeString(script, block(page, "bash"));
        assertThat(names).allSatisfy(name -> assertThat(script).content().contains(name + "="));
        // as Slurm would start it, if srun ran the second of two tasks and scontrol knew the machines
        Files.writeString(folder.resolve("run.sh"), """
                srun() { SLURM_PROCID=1 SLURM_NTASKS=2 "$@"; }
                scontrol() { echo first; echo second; }
                . ./job.sh
                """);
        Files.writeString(
                folder.resolve("kinglet"), "#!/bin/sh\necho $RANK $WORLD_SIZE $MASTER_ADDR $MASTER_PORT $1\n");
        assertThat(folder.resolve("kinglet").toFile().setExecutable(true)).isTrue();
        ProcessBuilder builder = new ProcessBuilder("sh", "run.sh").directory(folder.toFile());
        builder.environment().merge("PATH", folder + ":", (path, own) -> own + path);
        Process shell = builder.redirectErrorStream(true).start();
        assertThat(new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo("1 2 first 29500 train\n");
    }

    private static String block(String page, String language) {
        return Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL)
                .matcher(page)
                .results()
                .map(found -> found.group(1))
                .findFirst()
                .orElseThrow();
    }

    private static void replace(List<String> words, String option, String value) {
        Optional.of(words.indexOf(option)).filter(at -> at >= 0).ifPresent(at -> words.set(at + 1, value));
    }

    private static void assertEnds(Process process, Path said) throws Exception {
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(said)).isZero();
    }

    private ProcessHandle second(Training training) {
        return training.process
                .children()
                .filter(child -> isRank(child, 1))
                .findFirst()
                .orElseThrow();
    }

    private static boolean isRank(ProcessHandle process, int rank) {
        try {
            return Arrays.asList(Files.readString(Path.of("/proc/" + process.pid() + "/environ"))
                            .split("\0"))
                    .contains("RANK=" + rank);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void awaitRows(String name, Training training, int epochs) throws Exception {
        Path results = runs.resolve(name).resolve("results.csv");
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        while (!Files.exists(results) || Files.readAllLines(results).size() < 1 + epochs) {
            assertThat(training.process.isAlive()).as(training.errors()).isTrue();
            assertThat(System.nanoTime()).as(training.errors()).isLessThan(end);
            Thread.sleep(20);
        }
    }
}
