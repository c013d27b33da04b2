package dev.kinglet.spark;

import dev.kinglet.image.ImageLimits;
import java.io.IOException;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options for the images of a job. */
final class InputChoice {
    /** What the input is. */
    enum Source {
        /** Image files. */
        IMAGES,
        /** A table with a column of paths or of encoded images. */
        TABLE,
        /** Tar shards. */
        SHARDS
    }

    @Option(
            names = "--source",
            paramLabel = "images|table|shards",
            description =
                    "What INPUT is (default: shards if it has .tar files, a table if it has files of its format, or"
                            + " else images).")
    private @Nullable Source source;

    @Option(
            names = "--format",
            paramLabel = "NAME",
            description = "Format of a table, by Spark's name (default: ${DEFAULT-VALUE}).")
    private String format = "parquet";

    @Option(
            names = "--path-column",
            paramLabel = "NAME",
            description = "Column of a table's paths (default: ${DEFAULT-VALUE}).")
    private String pathColumn = "path";

    @Option(
            names = "--content-column",
            paramLabel = "NAME",
            description =
                    "Column of a table's encoded images (default: ${DEFAULT-VALUE}). Without one, files are read.")
    private String contentColumn = "content";

    @Option(
            names = "--max-pixels",
            paramLabel = "N",
            description = "Limit of an image's pixels (default: ${DEFAULT-VALUE}).")
    private long maxPixels = ImageLimits.defaults().maxPixels();

    @Option(
            names = "--task-mib",
            paramLabel = "N",
            description = "Encoded images of one task, in MiB (default: ${DEFAULT-VALUE}).")
    private int taskMib = 256;

    @Option(
            names = "--task-images",
            paramLabel = "N",
            description = "Images of one task, where their number is known (default: ${DEFAULT-VALUE}).")
    private int taskImages = 10_000;

    ImageInput open(SparkSession spark, String input) throws IOException {
        if (taskMib < 1 || taskImages < 1) {
            throw new IllegalArgumentException(
                    "--task-mib and --task-images are at least 1, not " + taskMib + " and " + taskImages);
        }
        return new InputFinder(spark, format, pathColumn, contentColumn).open(input, Optional.ofNullable(source));
    }

    /** Tasks for images of so many bytes. */
    int tasks(SparkSession spark, ImageInput input, long images) {
        return TaskCount.of(
                input.bytes(),
                images,
                (long) taskMib << 20,
                taskImages,
                spark.sparkContext().defaultParallelism());
    }

    String pathColumn() {
        return pathColumn;
    }

    String contentColumn() {
        return contentColumn;
    }

    ClassifyOptions options() {
        return ClassifyOptions.defaults().withMaxPixels(maxPixels).withColumns(pathColumn, contentColumn);
    }
}
