package dev.kinglet.measure;

import dev.kinglet.base.ByteSize;
import dev.kinglet.infer.TimedSession;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.train.Memory;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Cold start of one exported network, measured in a JVM of its own.
 *
 * @param totalMillis from the file to the first answer: reading, checking, the session, one call
 * @param sessionMillis the session alone
 * @param memoryMib growth of resident memory by the session and its first call; 0 where the system does not say
 */
record ColdStart(double totalMillis, double sessionMillis, double memoryMib) {
    /*
     * A process of its own, because order decides otherwise: the first file of a process pays for loading classes and for
     * pages of the runtime's library that later files find in memory, and later sessions are built in memory that earlier
     * ones gave back. In the new process a session of a tiny file comes first, so that what is left is the file's own.
     */
    private static final long PATIENCE_MINUTES = 10;

    /** Starts a process, which reads the file and runs it once. */
    static ColdStart measure(String name, OnnxFile file, int batchSize, int intraThreads) throws IOException {
        Path folder = Files.createTempDirectory("kinglet-cold-start");
        try {
            Path exported = folder.resolve("model.onnx");
            Path result = folder.resolve("result.txt");
            Path log = folder.resolve("log.txt");
            file.write(exported);
            List<String> command = command();
            command.addAll(List.of(
                    ColdStart.class.getName(),
                    exported.toString(),
                    Integer.toString(batchSize),
                    Integer.toString(intraThreads),
                    result.toString()));
            ProcessBuilder builder =
                    new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
            builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
            Process process = builder.start();
            if (await(process) != 0 || !Files.exists(result)) {
                String said = Files.readString(log, StandardCharsets.UTF_8).replaceAll("\\R\\s*", " ");
                throw new IOException(name + ": its cold start could not be measured: " + said.strip());
            }
            return parse(Files.readString(result));
        } finally {
            delete(folder);
        }
    }

    /** This JVM's program and settings of native libraries. */
    private static List<String> command() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-XX:+UseSerialGC");
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> argument.startsWith("-D")
                        || argument.startsWith("--enable-native-access")
                        || argument.startsWith("--sun-misc-unsafe-memory-access"))
                .forEach(command::add);
        return command;
    }

    private static int await(Process process) throws IOException {
        try {
            if (process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES)) {
                return process.exitValue();
            }
            throw new IOException("a cold start took longer than " + PATIENCE_MINUTES + " minutes");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while a cold start was measured", e);
        } finally {
            process.destroyForcibly();
        }
    }

    private static void delete(Path folder) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(folder);
    }

    private static ColdStart parse(String text) {
        String[] values = text.strip().split(" ", 3);
        return new ColdStart(
                Double.parseDouble(values[0]), Double.parseDouble(values[1]), Double.parseDouble(values[2]));
    }

    /**
     * The measuring process.
     *
     * @param args the file, images in a call, threads of a call, and where the result is written
     */
    public static void main(String[] args) throws IOException {
        Path file = Path.of(args[0]);
        int batchSize = Integer.parseInt(args[1]);
        int intraThreads = Integer.parseInt(args[2]);
        try (TimedSession tiny = new TimedSession(LatencyCalibration.tinyFile(), "warm-up", 1, 1)) {
            tiny.run();
            ColdStart measured = of(file, batchSize, intraThreads);
            Files.writeString(
                    Path.of(args[3]), measured.totalMillis + " " + measured.sessionMillis + " " + measured.memoryMib);
        }
    }

    private static ColdStart of(Path path, int batchSize, int intraThreads) throws IOException {
        long start = System.nanoTime();
        OnnxFile file = OnnxFile.read(path);
        long read = System.nanoTime();
        System.gc(); // what reading left behind is not the session's
        long memory = Memory.residentBytes().orElse(0);
        long before = System.nanoTime();
        try (TimedSession session = new TimedSession(file, path.toString(), batchSize, intraThreads)) {
            long created = System.nanoTime();
            session.run();
            long end = System.nanoTime();
            return new ColdStart(
                    (read - start + end - before) / 1e6,
                    (created - before) / 1e6,
                    (Memory.residentBytes().orElse(0) - memory) / (double) ByteSize.MIB);
        }
    }
}
