package dev.kinglet.judges.spark;

import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.ClassifierOptions;
import dev.kinglet.spark.ClassifyOptions;
import dev.kinglet.spark.KingletSpark;
import dev.kinglet.spark.ModelSource;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * A benchmark: images per second of the cluster beside those of two threads with a classifier in the driver's JVM, in turn,
 * after a round to warm up. Arguments: model, table with a column of paths, images, rounds.
 */
public final class Throughput {
    private static final int THREADS = 2;

    private Throughput() {}

    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        int rounds = Integer.parseInt(args[3]);
        try (SparkSession spark = SparkSession.builder().getOrCreate();
                Classifier classifier = Classifier.open(
                        Path.of(args[0]), ClassifierOptions.defaults().withSessions(THREADS))) {
            ModelSource model = ModelSource.broadcast(spark, args[0]);
            List<String> paths = spark.read()
                    .parquet(args[1])
                    .select("path")
                    .limit(Integer.parseInt(args[2]))
                    .as(Encoders.STRING())
                    .collectAsList();
            Dataset<Row> images =
                    spark.createDataset(paths, Encoders.STRING()).toDF("path").repartition(8);
            List<Path> files = paths.stream()
                    .map(path ->
                            path.startsWith("file:") ? Path.of(URI.create(path).getPath()) : Path.of(path))
                    .toList();
            for (int round = 0; round <= rounds; round++) {
                long start = System.nanoTime();
                KingletSpark.classify(images, model, ClassifyOptions.defaults())
                        .write()
                        .format("noop")
                        .mode("overwrite")
                        .save();
                double cluster = files.size() / ((System.nanoTime() - start) / 1e9);
                start = System.nanoTime();
                classify(classifier, files);
                double threads = files.size() / ((System.nanoTime() - start) / 1e9);
                out.printf(
                        Locale.ROOT,
                        "%s cluster %.1f threads %.1f ratio %.3f%n",
                        round == 0 ? "warm-up" : "round " + round,
                        cluster,
                        threads,
                        cluster / threads);
            }
        }
    }

    private static void classify(Classifier classifier, List<Path> files) throws Exception {
        AtomicInteger next = new AtomicInteger();
        ExecutorService pool = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<?>> ends = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                ends.add(pool.submit(() -> {
                    for (int index = next.getAndIncrement(); index < files.size(); index = next.getAndIncrement()) {
                        classifier.classify(files.get(index));
                    }
                    return 0;
                }));
            }
            for (Future<?> end : ends) {
                end.get();
            }
        } finally {
            pool.shutdown();
        }
    }
}
