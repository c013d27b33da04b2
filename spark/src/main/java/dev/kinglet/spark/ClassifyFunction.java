package dev.kinglet.spark;

import dev.kinglet.infer.Answer;
import dev.kinglet.infer.LabeledScore;
import dev.kinglet.network.Card;
import java.io.IOException;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/** Rows of images to rows of answers, on an executor. */
final class ClassifyFunction implements MapPartitionsFunction<Row, Row> {
    private static final long serialVersionUID = 1L;

    private final ModelSource model;
    private final ClassifyOptions options;
    private final ImageColumns columns;
    private final int[] kept; // columns of the rows that are in the answers
    private final HashMap<String, String> settings; // Hadoop's

    ClassifyFunction(
            ModelSource model,
            ClassifyOptions options,
            ImageColumns columns,
            int[] kept,
            HashMap<String, String> settings) {
        this.model = model;
        this.options = options;
        this.columns = columns;
        this.kept = kept;
        this.settings = settings;
    }

    @Override
    public Iterator<Row> call(Iterator<Row> rows) throws IOException {
        if (!rows.hasNext()) {
            return rows; // an empty task needs no model
        }
        Answers answers = new Answers(rows, columns.reader(options, settings), model, options);
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return answers.hasNext();
            }

            @Override
            public Row next() {
                return row(answers.next(), answers.card());
            }
        };
    }

    private Row row(Answers.Answer answer, Card card) {
        Object[] values = new Object[kept.length + KingletSpark.ANSWER_COLUMNS.size() + (options.embeddings() ? 1 : 0)];
        for (int i = 0; i < kept.length; i++) {
            values[i] = answer.row().get(kept[i]);
        }
        int at = kept.length;
        values[at + 5] = model.digest();
        if (answer.logits() == null) {
            values[at + 4] = answer.error();
            return RowFactory.create(values);
        }
        try {
            Answer given = Answer.of(answer.logits(), options.rawScores() ? card.uncalibrated() : card, options.topK());
            List<LabeledScore> best = given.scores();
            values[at] = best.get(0).label();
            values[at + 1] = best.stream().map(LabeledScore::index).toArray(Integer[]::new);
            values[at + 2] = best.stream().map(LabeledScore::score).toArray(Double[]::new);
            values[at + 3] = given.isUnknown();
            if (answer.embedding() != null) {
                values[at + 6] = answer.embedding();
            }
        } catch (IllegalArgumentException e) { // of weights that are not numbers
            values[at + 4] = model.name() + ": " + e.getMessage();
        }
        return RowFactory.create(values);
    }
}
