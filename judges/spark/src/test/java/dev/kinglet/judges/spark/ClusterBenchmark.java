package dev.kinglet.judges.spark;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * {@link Throughput} on a standalone cluster of this machine. Arguments: model, folder of images, how many of them, rounds.
 * Runs in this module's folder, after {@code mvn package}. The executors have the collector that the guide names for one core.
 */
public final class ClusterBenchmark {
    private ClusterBenchmark() {}

    public static void main(String[] args) throws Exception {
        Path folder = Files.createTempDirectory("kinglet-cluster");
        Path model = Path.of(args[0]).toAbsolutePath();
        Path images = Path.of(args[1]).toAbsolutePath();
        int count = Integer.parseInt(args[2]);
        try (StandaloneCluster cluster = StandaloneCluster.start(folder)) {
            Path copy = Files.copy(model, folder.resolve("model.onnx"), StandardCopyOption.REPLACE_EXISTING);
            Path tables = folder.resolve("tables");
            print(cluster.program(cluster.settings(), MakeTables.class, images, tables, count, count));
            print(cluster.program(
                    cluster.settings("spark.executor.extraJavaOptions=-XX:+UseSerialGC"),
                    Throughput.class,
                    copy,
                    tables.resolve("paths"),
                    count,
                    Integer.parseInt(args[3])));
        }
    }

    private static void print(StandaloneCluster.Running program) throws Exception {
        StandaloneCluster.Result result = program.result();
        if (result.status() != 0) {
            throw new IllegalStateException(result.err());
        }
        System.out.print(result.out());
    }
}
