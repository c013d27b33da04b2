package dev.kinglet.judges.spark;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.launcher.JavaModuleOptions;

/**
 * A standalone cluster of Spark on this machine: a master and two workers, each a process of its own, at the loopback address
 * and free ports. Spark is what Maven resolved for {@code home}, laid out as a release is.
 */
final class StandaloneCluster implements AutoCloseable {
    static final int WORKERS = 2;

    private static final Duration START = Duration.ofSeconds(60);
    private static final String LOOPBACK = "127.0.0.1";

    private final Path folder;
    private final Path home;
    private final List<Process> processes = new ArrayList<>();
    private final String master;

    /** A job's end. */
    record Result(int status, String out, String err) {
        /** The one match of a pattern in what a program noted, and its groups. */
        Matcher noted(String pattern) {
            Matcher matcher = Pattern.compile(pattern).matcher(out + err);
            if (!matcher.find()) {
                throw new AssertionError("nothing like '" + pattern + "' in: " + out + err);
            }
            return matcher;
        }
    }

    private StandaloneCluster(Path folder) throws IOException, InterruptedException {
        this.folder = folder;
        this.home = home(folder.resolve("spark"));
        Path log = folder.resolve("master.log");
        processes.add(start(daemon("master.Master", "--host", LOOPBACK, "--port", "0", "--webui-port", "0"), log));
        this.master = "spark://" + awaited(log, "Starting Spark master at spark://(\\S+)");
    }

    /** Starts a cluster whose workers have one core each. */
    static StandaloneCluster start(Path folder) throws IOException, InterruptedException {
        Files.createDirectories(folder);
        StandaloneCluster cluster = new StandaloneCluster(folder);
        try {
            for (int i = 0; i < WORKERS; i++) {
                cluster.addWorker();
            }
        } catch (Throwable e) {
            cluster.close();
            throw e;
        }
        return cluster;
    }

    private void addWorker() throws IOException, InterruptedException {
        int number = processes.size();
        Path log = folder.resolve("worker-" + number + ".log");
        processes.add(start(
                daemon(
                        "worker.Worker",
                        "--host",
                        LOOPBACK,
                        "--webui-port",
                        "0",
                        "--cores",
                        "1",
                        "--memory",
                        "2g",
                        "--work-dir",
                        folder.resolve("work-" + number).toString(),
                        master),
                log));
        awaited(log, "(Successfully registered with master)");
    }

    /** Ends a worker as a machine ends that loses its power, its executors with it, and adds another. */
    void replaceWorker() throws IOException, InterruptedException {
        Process worker = processes.get(1);
        List<ProcessHandle> executors = worker.children().toList();
        worker.destroyForcibly();
        executors.forEach(ProcessHandle::destroyForcibly);
        worker.waitFor();
        addWorker();
    }

    /** Spark's jars where its scripts expect them, and the one script that is used here. */
    private static Path home(Path home) throws IOException {
        Path jars = Files.createDirectories(home.resolve("jars"));
        String classPath = Files.readString(root().resolve("judges/spark/home/target/classpath.txt"));
        for (String jar : classPath.strip().split(Pattern.quote(File.pathSeparator), -1)) {
            Path file = Path.of(jar);
            Files.createSymbolicLink(jars.resolve(file.getFileName()), file);
        }
        Path script = Files.createDirectories(home.resolve("bin")).resolve("spark-submit");
        // as Spark's own script does, one JVM finds out how the driver's is to be started
        Files.writeString(script, """
                #!/bin/bash
                set -e
                command=()
                while IFS= read -r -d '' word; do
                    command+=("$word")
                done < <(%s -XX:TieredStopAtLevel=1 -cp '%s/*' org.apache.spark.launcher.Main \\
                    org.apache.spark.deploy.SparkSubmit "$@" | tail -n +2)
                exec env "${command[@]}"
                """.formatted(java(), jars));
        if (!script.toFile().setExecutable(true)) {
            throw new IOException(script + " cannot be made executable");
        }
        return home;
    }

    static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (folder != null && !Files.exists(folder.resolve("judges/spark/home/pom.xml"))) {
            folder = folder.getParent();
        }
        if (folder == null) {
            throw new IllegalStateException("the tests run in a checkout");
        }
        return folder;
    }

    /** The jar that users submit. */
    static Path jar() {
        return root().resolve("spark/target/kinglet-spark.jar");
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /** What Spark's own launcher opens on Java 17 and later, and the compiler that this JVM is limited to. */
    private static List<String> options() {
        List<String> options = new ArrayList<>(Arrays.asList(JavaModuleOptions.defaultModuleOptionArray()));
        options.addAll(compiler());
        return options;
    }

    private static List<String> compiler() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> argument.startsWith("-XX:TieredStopAtLevel="))
                .toList();
    }

    private List<String> daemon(String name, String... args) {
        List<String> command = new ArrayList<>(List.of(java()));
        command.addAll(options());
        command.addAll(List.of("-Xmx512m", "-cp", home.resolve("jars") + "/*", "org.apache.spark.deploy." + name));
        command.addAll(List.of(args));
        return command;
    }

    private ProcessBuilder builder(List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
        builder.environment().put("SPARK_HOME", home.toString());
        builder.environment().put("SPARK_SCALA_VERSION", "2.13");
        builder.environment().put("SPARK_LOCAL_IP", LOOPBACK);
        builder.environment().put("SPARK_SUBMIT_OPTS", String.join(" ", compiler()));
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().merge("PATH", home.resolve("bin").toString(), (old, bin) -> bin + ":" + old);
        builder.environment()
                .merge("PATH", root().resolve("cli/target/kinglet/bin").toString(), (old, bin) -> old + ":" + bin);
        return builder;
    }

    private Process start(List<String> command, Path log) throws IOException {
        return builder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
    }

    private String awaited(Path log, String pattern) throws IOException, InterruptedException {
        long end = System.nanoTime() + START.toNanos();
        while (System.nanoTime() < end) {
            Matcher matcher = Pattern.compile(pattern).matcher(Files.readString(log));
            if (matcher.find()) {
                return matcher.group(1);
            }
            Thread.sleep(50);
        }
        throw new IOException("no '" + pattern + "' in " + Files.readString(log));
    }

    /** Settings of {@code spark-submit} for this cluster. */
    List<String> settings(String... more) {
        List<String> settings = new ArrayList<>(List.of(
                "spark.master=" + master,
                "spark.ui.enabled=false",
                "spark.driver.host=" + LOOPBACK,
                "spark.driver.bindAddress=" + LOOPBACK,
                "spark.local.dir=" + folder.resolve("local")));
        compiler().forEach(option -> settings.add("spark.executor.extraJavaOptions=" + option));
        settings.addAll(List.of(more));
        return settings.stream().flatMap(value -> Stream.of("--conf", value)).toList();
    }

    /** Starts a job of the jar. */
    Running begin(List<String> settings, String job, Object... args) throws IOException {
        List<String> command =
                new ArrayList<>(List.of(home.resolve("bin/spark-submit").toString()));
        command.addAll(settings);
        command.addAll(List.of("--class", "dev.kinglet.spark." + job, jar().toString()));
        for (Object arg : args) {
            command.add(arg.toString());
        }
        return begin(command);
    }

    Running begin(List<String> command) throws IOException {
        Path out = Files.createTempFile(folder, "job", ".out");
        Path err = Files.createTempFile(folder, "job", ".err");
        Process process = builder(command)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        return new Running(process, out, err);
    }

    /** Runs a job of the jar to its end. */
    Result run(String job, Object... args) throws IOException, InterruptedException {
        return begin(settings(), job, args).result();
    }

    /** Runs a shell command that has {@code spark-submit} on its path, with this cluster as its default. */
    Result shell(String command, Path where) throws IOException, InterruptedException {
        Path conf = Files.createDirectories(home.resolve("conf"));
        List<String> lines = settings().stream()
                .filter(setting -> !setting.equals("--conf"))
                .map(setting -> setting.replaceFirst("=", " "))
                .toList();
        Files.write(conf.resolve("spark-defaults.conf"), lines);
        Path out = Files.createTempFile(folder, "shell", ".out");
        Path err = Files.createTempFile(folder, "shell", ".err");
        Process process = builder(List.of("sh", "-c", command))
                .directory(where.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        return new Running(process, out, err).result();
    }

    /** Runs a program of this module's tests on the cluster. */
    Running program(List<String> settings, Class<?> program, Object... args) throws IOException {
        Path jar = folder.resolve("programs.jar");
        if (!Files.exists(jar)) {
            pack(jar);
        }
        List<String> command =
                new ArrayList<>(List.of(home.resolve("bin/spark-submit").toString()));
        command.addAll(settings);
        command.addAll(List.of("--jars", jar().toString(), "--class", program.getName(), jar.toString()));
        for (Object arg : args) {
            command.add(arg.toString());
        }
        return begin(command);
    }

    private static void pack(Path jar) throws IOException {
        Path classes = Path.of("target/test-classes").toAbsolutePath();
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar));
                Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                out.putNextEntry(
                        new JarEntry(classes.relativize(file).toString().replace('\\', '/')));
                Files.copy(file, out);
                out.closeEntry();
            }
        }
    }

    /** Runs a program with Spark's libraries, but not on the cluster. */
    String local(Class<?> program, Object... args) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(java()));
        command.addAll(List.of(
                "-cp",
                Path.of("target/test-classes").toAbsolutePath() + ":" + home.resolve("jars") + "/*",
                program.getName()));
        for (Object arg : args) {
            command.add(arg.toString());
        }
        Result result = begin(command).result();
        if (result.status() != 0) {
            throw new IOException(result.err());
        }
        return result.out();
    }

    /** A job that runs. */
    record Running(Process process, Path out, Path err) {
        Result result() throws IOException, InterruptedException {
            int status = process.waitFor();
            return new Result(
                    status,
                    Files.readString(out, StandardCharsets.UTF_8),
                    Files.readString(err, StandardCharsets.UTF_8));
        }
    }

    /** The processes that run tasks. */
    List<ProcessHandle> executors() {
        return processes.stream()
                .flatMap(process -> process.descendants())
                .filter(process -> process.info()
                        .arguments()
                        .map(args -> List.of(args).contains("org.apache.spark.executor.CoarseGrainedExecutorBackend"))
                        .orElse(false))
                .toList();
    }

    /** Memory that a process holds, by Linux' accounts. */
    static long residentBytes(ProcessHandle process) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
            if (line.startsWith("VmRSS:")) {
                return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        throw new IOException("/proc says nothing of process " + process.pid());
    }

    @Override
    public void close() {
        List<ProcessHandle> below =
                processes.stream().flatMap(process -> process.descendants()).toList();
        for (int i = processes.size() - 1; i >= 0; i--) {
            processes.get(i).destroy();
        }
        try {
            for (Process process : processes) {
                if (!process.waitFor(20, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        below.forEach(ProcessHandle::destroyForcibly);
    }
}
