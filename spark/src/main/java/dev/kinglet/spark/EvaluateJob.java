package dev.kinglet.spark;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.regexp_extract;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.base.Figures;
import dev.kinglet.base.Plural;
import dev.kinglet.network.Card;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.train.calibration.Reliability;
import dev.kinglet.train.metrics.ClassMap;
import dev.kinglet.train.metrics.Evaluation;
import dev.kinglet.train.metrics.EvaluationTotals;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Scores a model on labeled images on a cluster: a program for {@code spark-submit}. */
@Command(
        name = "EvaluateJob",
        sortOptions = false,
        description = {
            "Score a model on labeled images on a cluster: the figures of kinglet eval, to the last digit.",
            "The class of an image file is its folder's name, that of an image in a shard the number beside it. A table has a"
                    + " column of class names, or of their indices among the model's classes."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  spark-submit --class dev.kinglet.spark.EvaluateJob kinglet-spark.jar birds.onnx hdfs:///photos/val",
            "  ... EvaluateJob kinglet-spark.jar birds.onnx labeled.parquet --label-column species --json"
        })
@SuppressWarnings("UnusedVariable") // picocli acts on help
public final class EvaluateJob implements JobProgram.Job {
    private static final String FOLDER = "kinglet_class";

    @Parameters(index = "0", paramLabel = "MODEL", description = "A file that kinglet export wrote.")
    private String model = "";

    @Parameters(
            index = "1",
            paramLabel = "INPUT",
            description = "A folder or pattern of image files or of tar shards, or a table of paths or encoded images.")
    private String input = "";

    @Mixin
    private InputChoice choice = new InputChoice();

    @Option(
            names = "--label-column",
            paramLabel = "NAME",
            description = "Column of a table's classes (default: ${DEFAULT-VALUE}).")
    private String labelColumn = "label";

    @Option(
            names = "--output",
            paramLabel = "DIR",
            description = "Folder of the driver's machine for the confusion matrix and the figures of each class.")
    private @Nullable Path output;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Print this.")
    private boolean help;

    private EvaluateJob() {}

    /** Runs the program; the JVM ends with status 1 if the work failed, 2 if the call was wrong. */
    public static void main(String[] args) {
        JobProgram.run(new EvaluateJob(), args);
    }

    @Override
    public int run(SparkSession spark, JobProgram program) throws IOException {
        ModelSource source = ModelSource.broadcast(spark, model);
        Card card = source.card();
        ImageInput images = choice.open(spark, input);
        Dataset<Row> rows = labeled(spark, images);
        String column = images.kind() == InputChoice.Source.TABLE
                ? labelColumn
                : images.kind() == InputChoice.Source.SHARDS ? "cls" : FOLDER;
        List<String> labels = labels(rows, column, images, card);
        ClassMap.of(card, labels).note().ifPresent(note -> program.note("%s", note));
        long start = System.nanoTime();
        EvaluationTotals totals = EvaluateFunction.totals(rows, column, labels, source, choice.options());
        Evaluation evaluation = totals.evaluation((System.nanoTime() - start) / 1e9);
        if (!Double.isFinite(evaluation.loss())) {
            throw new IOException(card.model() + " gives logits that are NaN or infinite, so that neither its accuracy"
                    + " nor its loss means anything: its weights are damaged, or those of a training that diverged");
        }
        if (output != null) {
            evaluation.confusion().writeTo(output);
        }
        if (evaluation.skipped() > 0) {
            program.note("unusable, and not counted: %s", Plural.of(evaluation.skipped(), "image"));
        }
        if (evaluation.unknown() > 0) {
            program.note(
                    "%s of classes the network does not know; not scored", Plural.of(evaluation.unknown(), "image"));
        }
        program.result(json ? json(card, evaluation, totals) : text(card, evaluation, totals));
        return 0;
    }

    private Dataset<Row> labeled(SparkSession spark, ImageInput images) {
        Dataset<Row> rows = switch (images.kind()) {
            case TABLE -> images.rows();
            case IMAGES ->
                images.rows().withColumn(FOLDER, regexp_extract(col(choice.pathColumn()), "([^/]*)/[^/]*$", 1));
            case SHARDS ->
                KingletSpark.shards(
                        images.rows().repartition((int) images.rows().count()));
        };
        return images.kind() == InputChoice.Source.SHARDS
                ? rows
                : rows.repartition(choice.tasks(
                        spark,
                        images,
                        images.bytes() == TaskCount.UNKNOWN || images.kind() == InputChoice.Source.IMAGES
                                ? rows.count()
                                : TaskCount.UNKNOWN));
    }

    /** The names of the data's classes, by index. */
    private static List<String> labels(Dataset<Row> rows, String column, ImageInput images, Card card) {
        if (!List.of(rows.columns()).contains(column)) {
            throw new IllegalArgumentException("there is no column '" + column + "' of classes, but "
                    + String.join(", ", rows.columns()) + "; name it by --label-column");
        }
        if (!rows.schema().apply(column).dataType().equals(DataTypes.StringType)) {
            return images.labels().isEmpty() ? card.labels() : images.labels();
        }
        return rows
                .select(column)
                .where(col(column).isNotNull())
                .distinct()
                .as(Encoders.STRING())
                .collectAsList()
                .stream()
                .sorted()
                .toList();
    }

    private static String json(Card card, Evaluation evaluation, EvaluationTotals totals) {
        Preprocessing preprocessing = card.preprocessing();
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode object = mapper.createObjectNode()
                .put("model", card.model())
                .put("top1", evaluation.top1())
                .put("top1_err", Evaluation.error(evaluation.top1()))
                .put("top5", evaluation.top5())
                .put("top5_err", Evaluation.error(evaluation.top5()))
                .put("macro_f1", 100 * evaluation.confusion().macroF1().orElse(Double.NaN))
                .put("loss", evaluation.loss())
                .put("ece", calibrationError(totals.calibrated()));
        if (card.temperature().isPresent()) {
            object.put("ece_before", calibrationError(totals.scores()));
        }
        object.put("images", evaluation.images())
                .put("skipped", evaluation.skipped())
                .put("unknown", evaluation.unknown())
                .put("img_size", preprocessing.inputSize())
                .put("interpolation", preprocessing.interpolation().key())
                .put("crop_pct", preprocessing.cropPct())
                .put("resize", preprocessing.resize().key())
                .put("images_per_s", evaluation.imagesPerSecond());
        try {
            return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(object);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static double calibrationError(Reliability.Counts scores) {
        return scores.reliability().expectedCalibrationError();
    }

    private static String text(Card card, Evaluation evaluation, EvaluationTotals totals) {
        return String.format(
                Locale.ROOT,
                "%s on Spark: top-1 %s, top-5 %s, macro F1 %s, loss %.4f, ECE %s; %d images of %d pixels, %.1f images/s",
                card.model(),
                Figures.percent(evaluation.top1()),
                Figures.percent(evaluation.top5()),
                Figures.percent(100 * evaluation.confusion().macroF1().orElse(Double.NaN)),
                evaluation.loss(),
                Figures.percent(100 * calibrationError(totals.calibrated())),
                evaluation.images(),
                card.preprocessing().inputSize(),
                evaluation.imagesPerSecond());
    }
}
