package dev.kinglet.spark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Classification of tables of images. Nothing is done until the result is used; it is made by {@code mapPartitions} alone, so
 * it works over Spark Connect as well. Images are prepared and run exactly as {@code kinglet predict} does.
 */
public final class KingletSpark {
    /** Columns that {@link #classify} adds. */
    public static final List<String> ANSWER_COLUMNS =
            List.of("label", "class_ids", "scores", "unknown", "error", "model_digest");

    /** Column that {@link #classify} adds after these with {@link ClassifyOptions#withEmbeddings}. */
    public static final String EMBEDDING_COLUMN = "embedding";

    private KingletSpark() {}

    /**
     * Classes of images. A row has its columns but for the images' content, and
     *
     * <ul>
     *   <li>{@code label}: the best class's name
     *   <li>{@code class_ids}: indices of the best classes, best first
     *   <li>{@code scores}: their softmax
     *   <li>{@code unknown}: whether the image is of none of the classes, by the threshold in the model's card; false without one
     *   <li>{@code error}: why there is no answer; null if there is, as the other four are if there is none
     *   <li>{@code model_digest}: SHA-256 of the model's file
     *   <li>{@code embedding}: with {@link ClassifyOptions#withEmbeddings}, the features that the network's last linear layer reads,
     *       not normalized; null if there is an error
     * </ul>
     *
     * @param images with a column of encoded images, or one of paths, which are then read by the executors
     * @throws IllegalArgumentException if there is neither, a column is of another type, one of those that are added is
     *     there already, or embeddings are asked for and the model was exported without them
     */
    public static Dataset<Row> classify(Dataset<Row> images, ModelSource model, ClassifyOptions options) {
        if (options.embeddings()) {
            model.requireEmbeddings();
        }
        StructType schema = images.schema();
        ImageColumns columns = ImageColumns.of(schema, options);
        List<String> added = answerColumns(options);
        List<StructField> kept = new ArrayList<>();
        List<Integer> from = new ArrayList<>();
        for (int i = 0; i < schema.length(); i++) {
            StructField field = schema.apply(i);
            if (i == columns.content() || i == columns.error()) {
                continue;
            }
            if (added.contains(field.name())) {
                throw new IllegalArgumentException("the table has a column '" + field.name()
                        + "' already, which the answers are to have; rename it, or leave it out");
            }
            kept.add(field);
            from.add(i);
        }
        kept.add(DataTypes.createStructField("label", DataTypes.StringType, true));
        kept.add(DataTypes.createStructField(
                "class_ids", DataTypes.createArrayType(DataTypes.IntegerType, false), true));
        kept.add(DataTypes.createStructField("scores", DataTypes.createArrayType(DataTypes.DoubleType, false), true));
        kept.add(DataTypes.createStructField("unknown", DataTypes.BooleanType, true));
        kept.add(DataTypes.createStructField("error", DataTypes.StringType, true));
        kept.add(DataTypes.createStructField("model_digest", DataTypes.StringType, false));
        if (options.embeddings()) {
            kept.add(DataTypes.createStructField(
                    EMBEDDING_COLUMN, DataTypes.createArrayType(DataTypes.FloatType, false), true));
        }
        int[] keptColumns = from.stream().mapToInt(Integer::intValue).toArray();
        return images.mapPartitions(
                new ClassifyFunction(model, options, columns, keptColumns, HadoopFiles.settings(images.sparkSession())),
                Encoders.row(new StructType(kept.toArray(StructField[]::new))));
    }

    /**
     * Images in tar shards as WebDataset writes them, {@code key.jpg} beside {@code key.cls}; files with other endings are
     * left out. Shards are read from beginning to end, one entry at a time. A row has
     *
     * <ul>
     *   <li>{@code path}: the shard's path, a slash and the image's name in it
     *   <li>{@code content}: the encoded image; null where a shard cannot be read further
     *   <li>{@code cls}: the number in {@code key.cls}; null if there is none
     *   <li>{@code shard_error}: why a shard cannot be read further, in a row of its own; {@link #classify} makes it the error
     * </ul>
     *
     * @param shards their paths, in the first column
     */
    public static Dataset<Row> shards(Dataset<Row> shards) {
        return shards.mapPartitions(
                new ShardFunction(HadoopFiles.settings(shards.sparkSession())), Encoders.row(ShardFunction.SCHEMA));
    }

    /** The columns that {@link #classify} adds, in their order. */
    static List<String> answerColumns(ClassifyOptions options) {
        if (!options.embeddings()) {
            return ANSWER_COLUMNS;
        }
        List<String> columns = new ArrayList<>(ANSWER_COLUMNS);
        columns.add(EMBEDDING_COLUMN);
        return columns;
    }

    /** The columns of a table's images. */
    static String names(StructType schema) {
        return String.join(", ", Arrays.asList(schema.fieldNames()));
    }
}
