package dev.kinglet.spark;

import java.io.Serializable;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.LongAccumulator;

/**
 * Accumulators of a job, by name on the pages of Spark's UI too. A task that is run again, after a failure or speculatively,
 * counts again; the rows of the result do not.
 *
 * @param images answered, those with an error included
 * @param errors images that could not be used
 * @param readNanos reading files
 * @param decodeNanos decoding, resizing and cropping
 * @param networkNanos in the network, waiting for a session included
 * @param modelLoads models opened, one for each executor
 */
public record Counters(
        LongAccumulator images,
        LongAccumulator errors,
        LongAccumulator readNanos,
        LongAccumulator decodeNanos,
        LongAccumulator networkNanos,
        LongAccumulator modelLoads)
        implements Serializable {
    private static final long serialVersionUID = 1L;

    /** New accumulators of a session that is not one of Spark Connect, which has none. */
    public static Counters register(SparkSession spark) {
        SparkContext context = spark.sparkContext();
        return new Counters(
                context.longAccumulator("kinglet images"),
                context.longAccumulator("kinglet errors"),
                context.longAccumulator("kinglet read ns"),
                context.longAccumulator("kinglet decode ns"),
                context.longAccumulator("kinglet network ns"),
                context.longAccumulator("kinglet model loads"));
    }
}
