package dev.kinglet.judges.spark;

import dev.kinglet.spark.ClassifyOptions;
import dev.kinglet.spark.KingletSpark;
import dev.kinglet.spark.ModelSource;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Example 11: a table of images on Apache Spark, and how many there are of each class; null is those that cannot be read.
 * Arguments: {@code MODEL.onnx IMAGES}.
 *
 * <pre>{@code
 * spark-submit --master 'local[*]' --jars kinglet-spark.jar --class ...ClassifyTable programs.jar birds.onnx photos
 * }</pre>
 */
public final class ClassifyTable {
    private ClassifyTable() {}

    public static void main(String[] args) throws Exception {
        try (SparkSession spark = SparkSession.builder().getOrCreate()) {
            Dataset<Row> images = spark.read()
                    .format("binaryFile")
                    .option("recursiveFileLookup", "true")
                    .load(args[1]);
            ModelSource model = ModelSource.broadcast(spark, args[0]);
            Dataset<Row> answers = KingletSpark.classify(
                    images, model, ClassifyOptions.defaults().withTopK(1));
            for (Row row : answers.groupBy("label").count().collectAsList()) {
                System.out.println(row.get(0) + ": " + row.getLong(1));
            }
        }
    }
}
