package dev.kinglet.judges.spark;

import dev.kinglet.spark.ClassifyOptions;
import dev.kinglet.spark.Counters;
import dev.kinglet.spark.KingletSpark;
import dev.kinglet.spark.ModelSource;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * A program that classifies the images of a table of paths or contents pass after pass, and prints one line per pass and
 * executor: the pass, the executor and its resident memory in KiB. The last line has the number of model loads.
 */
public final class Passes {
    private Passes() {}

    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        int passes = Integer.parseInt(args[2]);
        try (SparkSession spark = SparkSession.builder().getOrCreate()) {
            Counters counters = Counters.register(spark);
            ModelSource model = ModelSource.broadcast(spark, args[0]);
            Dataset<Row> images = spark.read()
                    .parquet(args[1])
                    .limit(Integer.parseInt(args[3]))
                    .repartition(8);
            ClassifyOptions options = ClassifyOptions.defaults().withCounters(counters);
            for (int pass = 0; pass < passes; pass++) {
                KingletSpark.classify(images, model, options)
                        .write()
                        .format("noop")
                        .mode("overwrite")
                        .save();
                for (String line : resident(spark)) {
                    out.println("pass " + pass + " " + line);
                }
            }
            out.println("images " + counters.images().value() + " loads "
                    + counters.modelLoads().value());
        }
    }

    private static List<String> resident(SparkSession spark) {
        List<Integer> tasks = IntStream.range(0, 8).boxed().toList();
        return spark
                .createDataset(tasks, Encoders.INT())
                .repartition(8)
                .mapPartitions(
                        (MapPartitionsFunction<Integer, String>) rows -> {
                            Thread.sleep(100); // so that each executor gets some
                            String line = Files.readAllLines(Path.of("/proc/self/status")).stream()
                                    .filter(text -> text.startsWith("VmRSS:"))
                                    .findFirst()
                                    .orElseThrow();
                            return List.of(SparkEnv.get().executorId() + " " + line.replaceAll("\\D", ""))
                                    .iterator();
                        },
                        Encoders.STRING())
                .collectAsList()
                .stream()
                .collect(Collectors.toMap(
                        line -> line.split(" ", 2)[0], line -> line, (first, second) -> second, TreeMap::new))
                .values()
                .stream()
                .toList();
    }
}
