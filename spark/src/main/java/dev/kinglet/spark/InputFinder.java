package dev.kinglet.spark;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.sum;

import dev.kinglet.base.LabelFile;
import dev.kinglet.image.ImageFormats;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;

/** Finds out what a job's input is, and opens it. */
final class InputFinder {
    private static final String SHARD_ENDING = ".tar";
    private static final long LISTING_COST = 1024; // for each file of a list, which is not opened; Spark's is 4 MiB
    private static final String LABELS = "labels.txt";

    private final SparkSession spark;
    private final String format;
    private final String pathColumn;
    private final String contentColumn;
    private final HadoopFiles files;

    InputFinder(SparkSession spark, String format, String pathColumn, String contentColumn) {
        this.spark = spark;
        this.format = format;
        this.pathColumn = pathColumn;
        this.contentColumn = contentColumn;
        this.files = new HadoopFiles(HadoopFiles.settings(spark));
    }

    /**
     * Opens an input.
     *
     * @param input a path, an address or a pattern of them
     * @throws IOException if there is nothing there
     * @throws IllegalArgumentException if it is not what {@code source} says
     */
    ImageInput open(String input, Optional<InputChoice.Source> source) throws IOException {
        InputChoice.Source kind = source.isPresent() ? source.get() : guess(input);
        return switch (kind) {
            case IMAGES -> images(input);
            case TABLE -> table(input);
            case SHARDS -> shards(input);
        };
    }

    private InputChoice.Source guess(String input) throws IOException {
        List<FileStatus> found = list(input);
        if (found.stream().anyMatch(InputFinder::isShard)) {
            return InputChoice.Source.SHARDS;
        }
        return found.stream()
                        .anyMatch(file ->
                                file.isFile() && file.getPath().getName().endsWith("." + format))
                ? InputChoice.Source.TABLE
                : InputChoice.Source.IMAGES;
    }

    private static boolean isShard(FileStatus file) {
        return file.isFile() && file.getPath().getName().endsWith(SHARD_ENDING);
    }

    /** The files and folders that a pattern fits, or those in the one folder that it is. */
    private List<FileStatus> list(String input) throws IOException {
        Path path = HadoopFiles.path(input);
        FileSystem system = files.system(path);
        FileStatus @Nullable [] found = system.globStatus(path);
        if (found == null || found.length == 0) {
            throw new IOException(input + ": there is no such file or folder");
        }
        return found.length == 1 && found[0].isDirectory()
                ? Arrays.asList(system.listStatus(found[0].getPath()))
                : Arrays.asList(found);
    }

    /** Files are listed here, and read by the tasks: Spark's own reader would make tasks of some 30 small files. */
    private ImageInput images(String input) throws IOException {
        list(input);
        spark.conf().set("spark.sql.files.openCostInBytes", LISTING_COST);
        Dataset<Row> listed = spark.read()
                .format("binaryFile")
                .option("recursiveFileLookup", "true")
                .load(input)
                .select("path", "length");
        Dataset<Row> images =
                listed.where(col("path").rlike("(?i)[^/]\\.(" + String.join("|", ImageFormats.endings()) + ")$"));
        Row total = images.agg(sum("length")).first();
        if (total.isNullAt(0)) {
            throw new IOException(input + " has no images, in it or below; expected files that end in ."
                    + String.join(", .", ImageFormats.endings()));
        }
        return new ImageInput(
                InputChoice.Source.IMAGES, images.withColumnRenamed("path", pathColumn), total.getLong(0), List.of());
    }

    private ImageInput table(String input) {
        Dataset<Row> rows = spark.read().format(format).load(input);
        List<String> columns = Arrays.asList(rows.columns());
        if (!columns.contains(pathColumn) && !columns.contains(contentColumn)) {
            throw new IllegalArgumentException(input + " has neither a column '" + pathColumn + "' nor one '"
                    + contentColumn + "', but " + String.join(", ", columns)
                    + "; name them by --path-column or --content-column");
        }
        return new ImageInput(
                InputChoice.Source.TABLE,
                rows,
                columns.contains(contentColumn) ? bytes(rows) : TaskCount.UNKNOWN,
                List.of());
    }

    /** Size of the files behind a table. */
    private static long bytes(Dataset<Row> rows) {
        scala.math.BigInt bytes = ((org.apache.spark.sql.classic.Dataset<Row>) rows)
                .queryExecution()
                .optimizedPlan()
                .stats()
                .sizeInBytes();
        return bytes.isValidLong() && bytes.toLong() < Long.MAX_VALUE / 2 ? bytes.toLong() : TaskCount.UNKNOWN;
    }

    private ImageInput shards(String input) throws IOException {
        List<FileStatus> shards =
                list(input).stream().filter(InputFinder::isShard).sorted().toList();
        if (shards.isEmpty()) {
            throw new IllegalArgumentException(input + " has no shards; expected files that end in " + SHARD_ENDING);
        }
        List<String> paths =
                shards.stream().map(shard -> shard.getPath().toString()).toList();
        return new ImageInput(
                InputChoice.Source.SHARDS,
                spark.createDataset(paths, Encoders.STRING()).toDF(pathColumn),
                shards.stream().mapToLong(FileStatus::getLen).sum(),
                labels(shards.get(0).getPath().getParent()));
    }

    /** The class names beside shards, as {@code kinglet data pack} writes them. */
    private List<String> labels(Path folder) throws IOException {
        Path file = new Path(folder, LABELS);
        if (!files.system(file).exists(file)) {
            return List.of();
        }
        java.nio.file.Path local = Files.createTempFile("kinglet-labels", ".txt");
        try {
            Files.write(local, files.read(file.toString(), 16 << 20));
            return LabelFile.read(local).names();
        } finally {
            Files.delete(local);
        }
    }
}
