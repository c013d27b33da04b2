/**
 * Classification on Apache Spark. {@link dev.kinglet.spark.KingletSpark} makes answers of a table of images; the programs
 * for {@code spark-submit} are {@link dev.kinglet.spark.PredictJob}, {@link dev.kinglet.spark.EvaluateJob} and {@link
 * dev.kinglet.spark.DoctorJob}.
 *
 * <pre>{@code
 * ModelSource model = ModelSource.broadcast(spark, "birds.onnx");
 * Dataset<Row> photos = spark.read().format("binaryFile").load("hdfs:///photos/*.jpg");
 * KingletSpark.classify(photos, model, ClassifyOptions.defaults()).write().parquet("hdfs:///answers");
 * }</pre>
 */
@org.jspecify.annotations.NullMarked
package dev.kinglet.spark;
