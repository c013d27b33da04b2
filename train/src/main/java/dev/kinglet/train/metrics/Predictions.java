package dev.kinglet.train.metrics;

import dev.kinglet.base.AtomicFile;
import dev.kinglet.data.Dataset;
import dev.kinglet.train.calibration.Reliability;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/** The answers of a network to all images of a data set, to be kept as {@code predictions.csv}. Not thread-safe. */
public final class Predictions implements Consumer<Prediction> {
    /** Name of the file. */
    public static final String CSV = "predictions.csv";

    private static final String FORMER_HEADER = "file,true,predicted,score";
    private static final String HEADER = FORMER_HEADER + ",loss";

    /**
     * A row of the file: an image with the names of its class and of the predicted one.
     *
     * @param score softmax of the predicted class, in [0, 1]
     * @param loss cross-entropy; NaN for an image of a class that the network does not know, and in files written before
     *     they had it
     */
    public record Row(String file, String label, String predicted, double score, double loss) {
        /** Whether the predicted class is that of the image. */
        public boolean isCorrect() {
            return label.equals(predicted);
        }

        private String toCsv() {
            return Csv.quoted(file) + "," + Csv.quoted(label) + "," + Csv.quoted(predicted) + ","
                    + Csv.decimal(score, 4) + "," + Csv.decimal(loss, 4) + "\n";
        }
    }

    private final List<Prediction> all = new ArrayList<>();

    /** No answers yet. */
    public Predictions() {}

    @Override
    public void accept(Prediction prediction) {
        all.add(prediction);
    }

    /** How often the answers were right where their scores said so; images of classes that the network does not know left out. */
    public Reliability reliability() {
        return reliability(Prediction::score);
    }

    /** The same of the scores with the card's temperature. */
    public Reliability calibratedReliability() {
        return reliability(Prediction::calibrated);
    }

    private Reliability reliability(ToDoubleFunction<Prediction> score) {
        Reliability.Counts counts = new Reliability.Counts();
        for (Prediction prediction : all) {
            if (!Double.isNaN(prediction.loss())) {
                counts.add(score.applyAsDouble(prediction), prediction.correct());
            }
        }
        return counts.reliability();
    }

    /**
     * Writes {@code predictions.csv} into a folder: file, true class, predicted class, score and loss of each image.
     *
     * @param labels of the network's outputs, as {@link Evaluation#confusion} has them
     */
    public void writeTo(Path folder, Dataset data, List<String> labels) throws IOException {
        StringBuilder csv = new StringBuilder(HEADER).append('\n');
        for (Prediction prediction : all) {
            int index = prediction.index();
            csv.append(new Row(
                            data.name(index),
                            data.labels().get(data.label(index)),
                            labels.get(prediction.predicted()),
                            prediction.score(),
                            prediction.loss())
                    .toCsv());
        }
        AtomicFile.write(folder.resolve(CSV), out -> out.write(csv.toString().getBytes(StandardCharsets.UTF_8)));
    }

    /**
     * The rows of such a file.
     *
     * @throws IOException if it cannot be read or is another file
     */
    public static List<Row> read(Path file) throws IOException {
        List<List<String>> rows = Csv.rows(Files.readString(file));
        String header = rows.isEmpty() ? "" : String.join(",", rows.get(0));
        if (!header.equals(HEADER) && !header.equals(FORMER_HEADER)) {
            throw new IOException(file + " is no list of predictions: it does not begin with '" + HEADER + "'");
        }
        boolean hasLoss = header.equals(HEADER);
        try {
            return rows.stream()
                    .skip(1)
                    .map(cells -> new Row(
                            cells.get(0),
                            cells.get(1),
                            cells.get(2),
                            Double.parseDouble(cells.get(3)),
                            hasLoss ? Double.parseDouble(cells.get(4)) : Double.NaN))
                    .toList();
        } catch (NumberFormatException | IndexOutOfBoundsException e) {
            throw new IOException(file + " has a line that is not of the form '" + header + "'", e);
        }
    }
}
