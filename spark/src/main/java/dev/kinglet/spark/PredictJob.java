package dev.kinglet.spark;

import static org.apache.spark.sql.functions.col;

import dev.kinglet.base.Figures;
import dev.kinglet.base.Plural;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Classifies images on a cluster and writes the answers as Parquet: a program for {@code spark-submit}. */
@Command(
        name = "PredictJob",
        sortOptions = false,
        description = {
            "Classify images on a cluster.",
            "OUTPUT is a Parquet table with a row per image: its path and other columns of INPUT, then label, class_ids,"
                    + " scores, unknown, error and model_digest, and with --embeddings embedding. An image that cannot be used has an error in its row.",
            "A task's rows appear in OUTPUT when it ends; the file _SUCCESS when all have."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  spark-submit --class dev.kinglet.spark.PredictJob kinglet-spark.jar birds.onnx hdfs:///photos hdfs:///answers",
            "  ... PredictJob kinglet-spark.jar birds.onnx paths.parquet answers --resume",
            "  ... PredictJob kinglet-spark.jar birds.onnx 'shards/*.tar' answers --topk 1 --embeddings"
        })
@SuppressWarnings("UnusedVariable") // picocli acts on help
public final class PredictJob implements JobProgram.Job {
    private static final String COMMITTER = "mapreduce.fileoutputcommitter.algorithm.version";

    @Parameters(index = "0", paramLabel = "MODEL", description = "A file that kinglet export wrote.")
    private String model = "";

    @Parameters(
            index = "1",
            paramLabel = "INPUT",
            description = "A folder or pattern of image files or of tar shards, or a table of paths or encoded images.")
    private String input = "";

    @Parameters(index = "2", paramLabel = "OUTPUT", description = "Folder of the answers.")
    private String output = "";

    @Mixin
    private InputChoice choice = new InputChoice();

    @Option(names = "--topk", paramLabel = "K", description = "Best classes in a row (default: ${DEFAULT-VALUE}).")
    private int topK = 5;

    @Option(
            names = "--raw-scores",
            description =
                    "The softmax of the logits themselves, whatever the model's card says of temperature and unknown images.")
    private boolean rawScores;

    @Option(
            names = "--embeddings",
            description =
                    "Add a column embedding, array<float>, of what the network's last linear layer reads; MODEL is a file of"
                            + " kinglet export --embeddings.")
    private boolean embeddings;

    @Option(names = "--resume", description = "Leave out images that OUTPUT has already, and add the others to it.")
    private boolean resume;

    @Option(
            names = "--key",
            paramLabel = "NAME",
            split = ",",
            description =
                    "Columns that tell rows apart, for --resume, with commas between them (default: the column of paths).")
    private @Nullable List<String> key;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Print this.")
    private boolean help;

    private PredictJob() {}

    /** Runs the program; the JVM ends with status 1 if the work failed, 2 if the call was wrong. */
    public static void main(String[] args) {
        JobProgram.run(new PredictJob(), args);
    }

    @Override
    public int run(SparkSession spark, JobProgram program) throws IOException {
        boolean continues = checkOutput(spark);
        Counters counters = Counters.register(spark);
        ModelSource source = ModelSource.broadcast(spark, model);
        if (embeddings) {
            source.requireEmbeddings();
        }
        program.note("model: %s, %s", source, source.card().model());
        CompletableFuture<Probe> trial = Probe.start(spark, source, counters);
        ImageInput images = choice.open(spark, input);
        long start = System.nanoTime();
        Left left = left(images, continues ? written(spark, source, images) : null);
        Probe probe = trial.join();
        program.note("%s", probe.describe(spark));
        KingletSpark.classify(divided(spark, images, left), source, options().withCounters(counters))
                .write()
                .mode(SaveMode.Append)
                .option(COMMITTER, 2) // a task's rows stay if the job is killed
                .parquet(output);
        double seconds = (System.nanoTime() - start) / 1e9;
        long answered = counters.images().value();
        program.note(
                "start-up: model opened and tried in %.1f s; loaded by %s",
                probe.seconds(), Plural.of(counters.modelLoads().value(), "executor"));
        program.note(
                "work of all tasks: read %.1f s, decode %.1f s, network %.1f s",
                counters.readNanos().value() / 1e9,
                counters.decodeNanos().value() / 1e9,
                counters.networkNanos().value() / 1e9);
        program.result(String.format(
                Locale.ROOT,
                "%s: %s, %s, in %s (%.1f images/s)",
                output,
                Plural.of(answered, "image"),
                Plural.of(counters.errors().value(), "error"),
                Figures.duration(seconds),
                answered / seconds));
        return 0;
    }

    private ClassifyOptions options() {
        ClassifyOptions options = choice.options().withTopK(topK);
        options = rawScores ? options.withRawScores() : options;
        return embeddings ? options.withEmbeddings() : options;
    }

    /** Whether there are answers to continue. */
    private boolean checkOutput(SparkSession spark) throws IOException {
        HadoopFiles files = new HadoopFiles(HadoopFiles.settings(spark));
        Path folder = HadoopFiles.path(output);
        if (!files.system(folder).exists(folder)) {
            return false;
        }
        boolean hasAnswers = Arrays.stream(files.system(folder).listStatus(folder))
                .anyMatch(file -> file.getPath().getName().endsWith(".parquet"));
        if (hasAnswers && !resume) {
            throw new IllegalArgumentException(
                    output + " has answers already; name another folder, or continue them with --resume");
        }
        return hasAnswers;
    }

    private Dataset<Row> written(SparkSession spark, ModelSource source, ImageInput images) {
        Dataset<Row> answers = spark.read().parquet(output);
        boolean has = hasEmbedding(answers);
        if (has != (embeddings || hasEmbedding(images.rows()))) {
            throw new IllegalArgumentException(output + " has answers " + (has ? "with" : "without") + " embeddings; "
                    + (has ? "continue them with --embeddings" : "leave out --embeddings")
                    + ", or name another folder");
        }
        List<Row> digests = answers.select("model_digest").distinct().limit(2).collectAsList();
        for (Row digest : digests) {
            if (!source.digest().equals(digest.getString(0))) {
                throw new IllegalArgumentException(output + " has answers of another model, " + digest.getString(0)
                        + ", than " + model + ", " + source.digest() + "; name another folder");
            }
        }
        return answers;
    }

    private static boolean hasEmbedding(Dataset<Row> table) {
        return Arrays.asList(table.columns()).contains(KingletSpark.EMBEDDING_COLUMN);
    }

    /**
     * The images that are left.
     *
     * @param count of the shards, or of the images, or {@link TaskCount#UNKNOWN}
     */
    private record Left(Dataset<Row> rows, long count) {}

    private Left left(ImageInput images, @Nullable Dataset<Row> written) {
        if (images.kind() == InputChoice.Source.SHARDS) {
            long shards = images.rows().count();
            Dataset<Row> entries = KingletSpark.shards(images.rows().repartition((int) shards));
            return new Left(without(entries, written, "path"), shards);
        }
        Dataset<Row> rows = without(images.rows(), written, choice.pathColumn());
        boolean hasContent = Arrays.asList(rows.columns()).contains(choice.contentColumn());
        return new Left(rows, hasContent ? TaskCount.UNKNOWN : rows.count());
    }

    /** In as many parts as there are tasks, of which Spark knows how many run at once when a first one has run. */
    private Dataset<Row> divided(SparkSession spark, ImageInput images, Left left) {
        if (images.kind() != InputChoice.Source.SHARDS) {
            return left.rows().repartition(choice.tasks(spark, images, left.count()));
        }
        return left.count() >= spark.sparkContext().defaultParallelism()
                ? left.rows()
                : left.rows().repartition(choice.tasks(spark, images, TaskCount.UNKNOWN));
    }

    private Dataset<Row> without(Dataset<Row> rows, @Nullable Dataset<Row> written, String path) {
        if (written == null) {
            return rows;
        }
        List<String> keys = key == null ? List.of(path) : key;
        for (String name : keys) {
            if (!Arrays.asList(rows.columns()).contains(name)) {
                throw new IllegalArgumentException("there is no column '" + name + "' to tell rows apart by; " + input
                        + " has " + String.join(", ", rows.columns()) + "; name one by --key");
            }
        }
        Dataset<Row> done = written.select(keys.stream().map(name -> col(name)).toArray(Column[]::new));
        Column same = keys.stream()
                .map(name -> rows.col(name).eqNullSafe(done.col(name)))
                .reduce(Column::and)
                .orElseThrow();
        return rows.join(done, same, "left_anti");
    }
}
