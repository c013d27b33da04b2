package dev.kinglet.spark;

import dev.kinglet.train.calibration.Reliability;
import dev.kinglet.train.metrics.ClassMap;
import dev.kinglet.train.metrics.ConfusionMatrix;
import dev.kinglet.train.metrics.EvaluationTotals;
import dev.kinglet.train.metrics.Tally;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/** Labeled images of one task to their totals, on an executor. */
final class EvaluateFunction implements MapPartitionsFunction<Row, Row> {
    private static final long serialVersionUID = 1L;

    private static final StructType TOTALS = new StructType(new StructField[] {
        DataTypes.createStructField("top5", DataTypes.LongType, false),
        DataTypes.createStructField("loss_sum", DataTypes.StringType, false), // exact, with as many digits as it takes
        DataTypes.createStructField("not_finite_sum", DataTypes.DoubleType, false),
        DataTypes.createStructField("skipped", DataTypes.LongType, false),
        DataTypes.createStructField("unknown", DataTypes.LongType, false),
        DataTypes.createStructField("confusion", DataTypes.StringType, false),
        DataTypes.createStructField("scores", DataTypes.StringType, false),
        DataTypes.createStructField("calibrated", DataTypes.StringType, false)
    });

    private final ModelSource model;
    private final ClassifyOptions options;
    private final ImageColumns columns;
    private final int label; // column
    private final ArrayList<String> labels;
    private final HashMap<String, String> settings; // Hadoop's

    private EvaluateFunction(
            ModelSource model,
            ClassifyOptions options,
            ImageColumns columns,
            int label,
            ArrayList<String> labels,
            HashMap<String, String> settings) {
        this.model = model;
        this.options = options;
        this.columns = columns;
        this.label = label;
        this.labels = labels;
        this.settings = settings;
    }

    /**
     * The totals of a table. An image that cannot be used, or has no class, is skipped.
     *
     * @param column of class names, or of their indices
     * @param labels class names by index
     */
    static EvaluationTotals totals(
            Dataset<Row> images, String column, List<String> labels, ModelSource model, ClassifyOptions options) {
        List<String> outputs = ClassMap.of(model.card(), labels).labels();
        EvaluateFunction function = new EvaluateFunction(
                model,
                options,
                ImageColumns.of(images.schema(), options),
                images.schema().fieldIndex(column),
                new ArrayList<>(labels),
                HadoopFiles.settings(images.sparkSession()));
        EvaluationTotals sum = EvaluationTotals.none(outputs);
        for (Row row : images.mapPartitions(function, Encoders.row(TOTALS)).collectAsList()) {
            sum = sum.plus(new EvaluationTotals(
                    row.getLong(0),
                    new BigDecimal(row.getString(1)),
                    row.getDouble(2),
                    row.getLong(3),
                    row.getLong(4),
                    ConfusionMatrix.decoded(outputs, row.getString(5)),
                    Reliability.Counts.decoded(row.getString(6)),
                    Reliability.Counts.decoded(row.getString(7))));
        }
        return sum;
    }

    @Override
    public Iterator<Row> call(Iterator<Row> rows) throws IOException {
        if (!rows.hasNext()) {
            return rows;
        }
        HashMap<String, Integer> indices = new HashMap<>();
        for (int i = 0; i < labels.size(); i++) {
            indices.putIfAbsent(labels.get(i), i);
        }
        Answers answers = new Answers(rows, columns.reader(options, settings), model, options);
        Tally tally = Tally.of(answers.card(), labels);
        while (answers.hasNext()) {
            Answers.Answer answer = answers.next();
            Integer truth = truth(answer.row(), indices);
            if (answer.logits() == null || truth == null) {
                tally.skip();
            } else {
                tally.add(answer.logits(), truth);
            }
        }
        EvaluationTotals totals = tally.totals();
        return List.of(RowFactory.create(
                        totals.top5(),
                        totals.lossSum().toString(),
                        totals.notFiniteSum(),
                        totals.skipped(),
                        totals.unknown(),
                        totals.confusion().encoded(),
                        totals.scores().encoded(),
                        totals.calibrated().encoded()))
                .iterator();
    }

    private @Nullable Integer truth(Row row, HashMap<String, Integer> indices) {
        Object value = row.get(label);
        if (value instanceof Number number) {
            int index = number.intValue();
            if (index < 0 || index >= labels.size()) {
                throw new IllegalArgumentException("the class " + number + " is outside the " + labels.size()
                        + " classes, 0 to " + (labels.size() - 1));
            }
            return index;
        }
        return value == null ? null : indices.get(value.toString());
    }
}
