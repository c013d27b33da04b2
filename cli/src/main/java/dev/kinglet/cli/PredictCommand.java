package dev.kinglet.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.image.Batch;
import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.Pipeline;
import dev.kinglet.image.RgbImage;
import dev.kinglet.infer.LabeledScore;
import dev.kinglet.network.Card;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Shape;
import dev.kinglet.toolkit.Machine;
import dev.kinglet.toolkit.TrainedModel;
import dev.kinglet.weights.Npy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kinglet predict}. */
@Command(
        name = "predict",
        description = {
            "Name what is in images.",
            "A file that cannot be read gets an error in its place; the others are answered, and the exit status is 1."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kinglet predict birds.onnx photo.jpg",
            "  kinglet predict runs/peleenet-20260101-120000 *.jpg --topk 1 --format csv",
            "  kinglet predict birds.onnx photo.jpg --json --logits"
        })
final class PredictCommand implements Callable<Integer> {
    private static final int BATCH = 16; // images that are run together

    /** How the answers are written. */
    enum Format {
        /** For people. */
        TEXT,
        /** One array. */
        JSON,
        /** One object a line. */
        JSONL,
        /** One class a line. */
        CSV
    }

    private final Console console;

    @Parameters(
            index = "0",
            paramLabel = "MODEL",
            description = "A run's folder, a .safetensors file or an .onnx file.")
    private Path model = Path.of("");

    @Parameters(index = "1..*", paramLabel = "IMAGE", description = "Images: JPEG, PNG, BMP, GIF, WebP.")
    private List<Path> images = List.of();

    @Option(
            names = "--tensor",
            paramLabel = "FILE.npy",
            description = "Instead of images: float32 [n, 3, height, width], taken as it is.")
    private @Nullable Path tensor;

    @Option(names = "--topk", paramLabel = "K", description = "Classes an answer names (default: ${DEFAULT-VALUE}).")
    private int topK = 5;

    @Option(names = "--logits", description = "Add every class's logit (JSON and JSON lines only).")
    private boolean logits;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            description = "One of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private Format format = Format.TEXT;

    @Mixin
    private DecodingChoice decoding = new DecodingChoice();

    @Option(names = "--json", description = "The same as --format json.")
    private boolean json;

    @Option(names = "--threads", paramLabel = "N", description = "Threads that calculate (default: all processors).")
    private int threads = Machine.processors();

    PredictCommand(Console console) {
        this.console = console;
    }

    /** What is said of one image. */
    private static final class Answer {
        private final String file;
        private final float @Nullable [] row; // its logits, if there are any
        private final String error; // why there are none

        private Answer(String file, float @Nullable [] row, String error) {
            this.file = file;
            this.row = row;
            this.error = error;
        }
    }

    @Override
    public Integer call() throws IOException {
        if (images.isEmpty() == (tensor == null)) {
            throw new IllegalArgumentException("predict takes images or --tensor FILE.npy, one of the two");
        }
        if (topK < 1) {
            throw new IllegalArgumentException("--topk is at least 1, not " + topK);
        }
        if (json) {
            format = Format.JSON;
        }
        if (logits && format != Format.JSON && format != Format.JSONL) {
            throw new IllegalArgumentException("--logits needs --format json or jsonl");
        }
        try (TrainedModel trained = TrainedModel.open(model, threads)) {
            List<Answer> answers = tensor == null ? ofImages(trained) : ofTensor(trained, tensor);
            print(answers, trained.card());
            for (Answer answer : answers) {
                if (answer.row == null) {
                    console.error(answer.error);
                }
            }
            return answers.stream().allMatch(answer -> answer.row != null) ? 0 : Failure.FAILED;
        }
    }

    private List<Answer> ofImages(TrainedModel trained) {
        ImageDecoder decoder = decoding.decoder(trained.card().preprocessing());
        Pipeline pipeline = Pipeline.evaluation(trained.card().preprocessing());
        int bytes = 3 * pipeline.side() * pipeline.side();
        ByteBuffer pixels = ByteBuffer.allocateDirect(Math.min(BATCH, images.size()) * bytes);
        List<Answer> answers = new ArrayList<>();
        for (int first = 0; first < images.size(); first += BATCH) {
            Interruption.check();
            List<Path> group = images.subList(first, Math.min(first + BATCH, images.size()));
            List<String> errors = new ArrayList<>(); // by image; empty for a good one
            int good = 0;
            for (Path image : group) {
                try {
                    RgbImage square = pipeline.apply(decoder.read(image), new SplittableRandom(0)); // no chance in it
                    pixels.put(good * bytes, square.rgb());
                    good++;
                    errors.add("");
                } catch (ImageException e) {
                    errors.add(reason(e));
                }
            }
            float[] rows = good == 0
                    ? new float[0]
                    : trained.logits(new Batch(pixels, pipeline.side(), new int[good], new int[good]));
            int row = 0;
            for (int i = 0; i < group.size(); i++) {
                String file = group.get(i).toString();
                answers.add(
                        errors.get(i).isEmpty()
                                ? new Answer(file, row(rows, row++, trained.classes()), "")
                                : new Answer(file, null, errors.get(i)));
            }
        }
        return answers;
    }

    /** The file system's own reason where there is one: it is missing, or may not be read. */
    private static String reason(ImageException e) {
        return Failure.of(e.getCause() instanceof FileSystemException cause ? cause : e)
                .line();
    }

    private static List<Answer> ofTensor(TrainedModel trained, Path file) throws IOException {
        NdArray array = Npy.read(file);
        Shape image = trained.card().preprocessing().shape();
        List<Integer> dims = array.dims();
        if (!(array instanceof NdArray.Floats floats)
                || dims.size() != 4
                || dims.get(0) < 1
                || !dims.subList(1, 4).equals(List.of(image.channels(), image.height(), image.width()))) {
            throw new IOException(file + ": " + trained.card().model() + " takes float32 [n, 3, " + image.height()
                    + ", " + image.width() + "], the file has " + array);
        }
        float[] rows = trained.logits(floats.values(), dims.get(0));
        List<Answer> answers = new ArrayList<>();
        for (int i = 0; i < dims.get(0); i++) {
            answers.add(new Answer(file + "[" + i + "]", row(rows, i, trained.classes()), ""));
        }
        return answers;
    }

    private static float[] row(float[] rows, int index, int classes) {
        return Arrays.copyOfRange(rows, index * classes, (index + 1) * classes);
    }

    private void print(List<Answer> answers, Card card) {
        switch (format) {
            case TEXT -> answers.forEach(answer -> console.result(text(answer, card)));
            case JSON -> {
                ArrayNode array = Json.array();
                answers.forEach(answer -> array.add(object(answer, card)));
                console.result(Json.page(array));
            }
            case JSONL -> answers.forEach(answer -> console.result(Json.line(object(answer, card))));
            case CSV -> {
                console.result("file_name,rank,class_id,label_name,score,error");
                answers.forEach(answer -> console.result(csv(answer, card)));
            }
        }
    }

    private String text(Answer answer, Card card) {
        if (answer.row == null) {
            return answer.file + ": cannot be read";
        }
        return ranked(answer.row, card).stream()
                .map(score -> String.format(Locale.ROOT, "%s %.2f %%", score.label(), 100 * score.score()))
                .collect(Collectors.joining(", ", answer.file + ": ", ""));
    }

    private ObjectNode object(Answer answer, Card card) {
        ObjectNode object = Json.object().put("file_name", answer.file);
        if (answer.row == null) {
            return object.put("error", answer.error);
        }
        ArrayNode ids = object.putArray("class_ids");
        ArrayNode scores = object.putArray("scores");
        ArrayNode labels = object.putArray("label_names");
        for (LabeledScore score : ranked(answer.row, card)) {
            ids.add(score.index());
            scores.add(score.score());
            labels.add(score.label());
        }
        if (logits) {
            ArrayNode all = object.putArray("logits");
            for (float logit : answer.row) {
                all.add(logit);
            }
        }
        return object;
    }

    private String csv(Answer answer, Card card) {
        if (answer.row == null) {
            return cell(answer.file) + ",,,,," + cell(answer.error);
        }
        List<String> lines = new ArrayList<>();
        for (LabeledScore score : ranked(answer.row, card)) {
            lines.add(cell(answer.file) + "," + (lines.size() + 1) + "," + score.index() + "," + cell(score.label())
                    + "," + String.format(Locale.ROOT, "%.6f", score.score()) + ",");
        }
        return String.join("\n", lines);
    }

    private List<LabeledScore> ranked(float[] row, Card card) {
        return LabeledScore.ranked(row, card, topK);
    }

    /** In quotes where a comma, a quote or a line break would be taken for the table's (RFC 4180). */
    private static String cell(String text) {
        return text.matches("(?s).*[\",\r\n].*") ? '"' + text.replace("\"", "\"\"") + '"' : text;
    }
}
