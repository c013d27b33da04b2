package dev.kinglet.spark;

import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * The images of a job, not read yet.
 *
 * @param kind what they are
 * @param rows with a column of paths or of encoded images; of shards, their paths
 * @param bytes of all encoded images, or {@link TaskCount#UNKNOWN}
 * @param labels class names beside shards; empty if there are none
 */
record ImageInput(InputChoice.Source kind, Dataset<Row> rows, long bytes, List<String> labels) {
    ImageInput with(Dataset<Row> other) {
        return new ImageInput(kind, other, bytes, labels);
    }
}
