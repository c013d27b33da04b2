package dev.kinglet.spark;

import java.io.Serializable;
import java.util.Arrays;
import java.util.HashMap;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Where in a table its images are.
 *
 * @param path index of the column of paths; -1 if there is none
 * @param content likewise of encoded images
 * @param error likewise of reasons why there is no content, as {@link KingletSpark#shards} gives them
 */
record ImageColumns(int path, int content, int error) implements Serializable {
    private static final long serialVersionUID = 1L;

    static ImageColumns of(StructType schema, ClassifyOptions options) {
        int path = column(schema, options.pathColumn(), DataTypes.StringType);
        int content = column(schema, options.contentColumn(), DataTypes.BinaryType);
        if (path < 0 && content < 0) {
            throw new IllegalArgumentException("the table has neither a column '" + options.contentColumn()
                    + "' of encoded images nor a column '" + options.pathColumn() + "' of paths; it has "
                    + KingletSpark.names(schema));
        }
        return new ImageColumns(path, content, column(schema, ShardFunction.ERROR_COLUMN, DataTypes.StringType));
    }

    private static int column(StructType schema, String name, DataType type) {
        int index = Arrays.asList(schema.fieldNames()).indexOf(name);
        if (index >= 0 && !schema.apply(index).dataType().equals(type)) {
            throw new IllegalArgumentException("the column '" + name + "' is of type "
                    + schema.apply(index).dataType().simpleString() + ", not " + type.simpleString());
        }
        return index;
    }

    ImageReader reader(ClassifyOptions options, HashMap<String, String> settings) {
        return new ImageReader(path, content, error, (int) options.imageLimits().maxBytes(), settings);
    }
}
