package dev.kinglet.judges.spark;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat;
import static org.apache.spark.sql.functions.lit;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * A program that makes tables of the images below a folder: {@code bytes} has their contents, {@code paths} their paths over
 * and over, as many rows as are asked for, numbered.
 */
public final class MakeTables {
    private MakeTables() {}

    public static void main(String[] args) throws Exception {
        Path images = Path.of(args[0]);
        Path out = Path.of(args[1]);
        long rows = Long.parseLong(args[2]);
        int limit = Integer.parseInt(args[3]); // of the images whose paths are repeated
        try (SparkSession spark = SparkSession.builder().getOrCreate()) {
            spark.read()
                    .format("binaryFile")
                    .option("recursiveFileLookup", "true")
                    .load(images.toString())
                    .select("path", "content")
                    .repartition(4)
                    .write()
                    .parquet(out.resolve("bytes").toString());
            List<String> files;
            try (Stream<Path> all = Files.walk(images)) {
                files = all.filter(Files::isRegularFile)
                        .map(Path::toString)
                        .sorted()
                        .limit(limit)
                        .toList();
            }
            Dataset<Row> names = spark.createDataset(files, Encoders.STRING()).toDF("path");
            spark.range(0, rows / files.size(), 1, 4)
                    .crossJoin(names)
                    .withColumn("id", concat(col("id").cast("string"), lit("/"), col("path")))
                    .write()
                    .parquet(out.resolve("paths").toString());
        }
    }
}
