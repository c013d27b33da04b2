package dev.kinglet.train.metrics;

import dev.kinglet.base.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.StringJoiner;
import java.util.stream.IntStream;

/** Images by true and predicted class. Immutable. */
public final class ConfusionMatrix {
    /**
     * Precision, recall and F1 of one class.
     *
     * @param images images of the class
     * @param precision fraction of the images predicted as it that are of it; empty if there are none
     * @param recall fraction of its images predicted as it; empty if it has none
     * @param f1 harmonic mean of precision and recall, 0 where no prediction of it is correct; empty if both are
     */
    public record ClassScore(
            String label, long images, OptionalDouble precision, OptionalDouble recall, OptionalDouble f1) {}

    /** Images of one class that were predicted as another. */
    public record Mistake(String label, String predicted, int count) {}

    /** Name of the image file. */
    public static final String PNG = "confusion_matrix.png";

    /** Name of its table's file. */
    public static final String CSV = "confusion_matrix.csv";

    /** Name of the file of each class's figures. */
    public static final String PER_CLASS_CSV = "per_class.csv";

    private final List<String> labels;
    private final int[][] counts; // [true class][predicted class]

    /**
     * @param counts {@code [true class][predicted class]}, square, as many as labels; copied
     */
    public ConfusionMatrix(List<String> labels, int[][] counts) {
        if (counts.length != labels.size() || Arrays.stream(counts).anyMatch(row -> row.length != labels.size())) {
            throw new IllegalArgumentException("a confusion matrix of " + labels.size()
                    + " classes has as many rows and columns, but " + counts.length + " rows were given");
        }
        this.labels = List.copyOf(labels);
        this.counts = Arrays.stream(counts).map(int[]::clone).toArray(int[][]::new);
    }

    /** Class names, by index. */
    public List<String> labels() {
        return labels;
    }

    /** Images of class {@code truth} that were predicted as class {@code predicted}. */
    public int count(int truth, int predicted) {
        return counts[truth][predicted];
    }

    /** All images of a class. */
    public long images(int truth) {
        return Arrays.stream(counts[truth]).asLongStream().sum();
    }

    /** All images. */
    public long images() {
        return IntStream.range(0, labels.size()).mapToLong(this::images).sum();
    }

    /** All images whose class was predicted. */
    public long correct() {
        return IntStream.range(0, labels.size()).mapToLong(c -> counts[c][c]).sum();
    }

    /** Precision, recall and F1 of every class, in the order of the labels. */
    public List<ClassScore> scores() {
        return IntStream.range(0, labels.size())
                .mapToObj(c -> {
                    long predicted =
                            Arrays.stream(counts).mapToLong(row -> row[c]).sum();
                    return new ClassScore(
                            labels.get(c),
                            images(c),
                            share(counts[c][c], predicted),
                            share(counts[c][c], images(c)),
                            share(2L * counts[c][c], images(c) + predicted));
                })
                .toList();
    }

    /** Macro F1: the mean of the classes' F1, each counting the same; empty if there are no images. */
    public OptionalDouble macroF1() {
        return scores().stream().flatMapToDouble(score -> score.f1().stream()).average();
    }

    private static OptionalDouble share(long part, long whole) {
        return whole == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) part / whole);
    }

    /** The most confused pairs of classes, most frequent first; at most {@code most} of them. */
    public List<Mistake> mistakes(int most) {
        List<Mistake> all = new ArrayList<>();
        for (int truth = 0; truth < counts.length; truth++) {
            for (int predicted = 0; predicted < counts.length; predicted++) {
                if (truth != predicted && counts[truth][predicted] > 0) {
                    all.add(new Mistake(labels.get(truth), labels.get(predicted), counts[truth][predicted]));
                }
            }
        }
        all.sort(Comparator.comparingInt(Mistake::count).reversed()); // stable: in the order of the classes where equal
        return all.subList(0, Math.min(most, all.size()));
    }

    /** Comma-separated: a row for each true class, a column for each predicted one, labels first. */
    public String toCsv() {
        StringBuilder csv = new StringBuilder("true\\predicted");
        labels.forEach(label -> csv.append(',').append(Csv.quoted(label)));
        csv.append('\n');
        for (int truth = 0; truth < counts.length; truth++) {
            csv.append(Csv.quoted(labels.get(truth)));
            for (int count : counts[truth]) {
                csv.append(',').append(count);
            }
            csv.append('\n');
        }
        return csv.toString();
    }

    /** Comma-separated: label, images, precision, recall and F1 of each class; a value that does not exist is empty. */
    public String scoresToCsv() {
        StringBuilder csv = new StringBuilder("label,images,precision,recall,f1\n");
        for (ClassScore score : scores()) {
            csv.append(Csv.quoted(score.label())).append(',').append(score.images());
            for (OptionalDouble share : List.of(score.precision(), score.recall(), score.f1())) {
                csv.append(',').append(share.isPresent() ? Csv.decimal(share.getAsDouble(), 4) : "");
            }
            csv.append('\n');
        }
        return csv.toString();
    }

    /** Writes {@code confusion_matrix.csv}, {@code confusion_matrix.png} and {@code per_class.csv} into a folder. */
    public void writeTo(Path folder) throws IOException {
        byte[] png = ConfusionPlot.png(this);
        AtomicFile.write(folder.resolve(CSV), out -> out.write(bytes(toCsv())));
        AtomicFile.write(folder.resolve(PNG), out -> out.write(png));
        AtomicFile.write(folder.resolve(PER_CLASS_CSV), out -> out.write(bytes(scoresToCsv())));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The cells that are not 0, as {@code true:predicted:count} with blanks between them. */
    public String encoded() {
        StringJoiner cells = new StringJoiner(" ");
        for (int truth = 0; truth < counts.length; truth++) {
            for (int predicted = 0; predicted < counts.length; predicted++) {
                if (counts[truth][predicted] != 0) {
                    cells.add(truth + ":" + predicted + ":" + counts[truth][predicted]);
                }
            }
        }
        return cells.toString();
    }

    /**
     * The matrix of {@link #encoded} cells.
     *
     * @throws IllegalArgumentException if they are none
     */
    public static ConfusionMatrix decoded(List<String> labels, String cells) {
        int[][] counts = new int[labels.size()][labels.size()];
        for (String cell : cells.isEmpty() ? new String[0] : cells.split(" ", -1)) {
            String[] numbers = cell.split(":", -1);
            if (numbers.length != 3) {
                throw new IllegalArgumentException("'" + cell + "' is not true:predicted:count");
            }
            int truth = index(numbers[0], labels.size());
            counts[truth][index(numbers[1], labels.size())] = Integer.parseInt(numbers[2]);
        }
        return new ConfusionMatrix(labels, counts);
    }

    private static int index(String text, int classes) {
        int index = Integer.parseInt(text);
        if (index < 0 || index >= classes) {
            throw new IllegalArgumentException("class " + index + " is not one of " + classes);
        }
        return index;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ConfusionMatrix o && labels.equals(o.labels) && Arrays.deepEquals(counts, o.counts);
    }

    @Override
    public int hashCode() {
        return 31 * labels.hashCode() + Arrays.deepHashCode(counts);
    }

    @Override
    public String toString() {
        return correct() + " of " + images() + " images correct, " + labels.size() + " classes";
    }
}
