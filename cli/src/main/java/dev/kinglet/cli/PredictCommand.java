package dev.kinglet.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.DecodingChoice;
import dev.kinglet.cli.console.Interruption;
import dev.kinglet.cli.console.Json;
import dev.kinglet.infer.LabeledScore;
import dev.kinglet.toolkit.Machine;
import dev.kinglet.toolkit.Prediction;
import dev.kinglet.toolkit.Predictor;
import dev.kinglet.toolkit.TrainedModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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
            "Classify images.",
            "A file that cannot be read gets an error in its place; the others are classified, and the exit status is 1."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kinglet predict birds.onnx photo.jpg",
            "  kinglet predict birds.onnx photos --format csv                     all images in a folder and below it",
            "  kinglet predict runs/peleenet-20260101-120000 *.jpg --topk 1 --format csv",
            "  kinglet predict birds.onnx photo.jpg --json --logits"
        })
final class PredictCommand implements Callable<Integer> {
    /** The format of the answers. */
    enum Format {
        /** For people. */
        TEXT,
        /** One array. */
        JSON,
        /** One object per line. */
        JSONL,
        /** One line per class. */
        CSV;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Console console;
    private final ArrayNode array = Json.array(); // of the format json
    private int errors;

    @Parameters(
            index = "0",
            paramLabel = "MODEL",
            description = "A run's folder, a .safetensors file, an .onnx file, or latest for the newest run.")
    private Path model = Path.of("");

    @Mixin
    private ExpectedModel expected = new ExpectedModel();

    @Parameters(
            index = "1..*",
            paramLabel = "IMAGE",
            description = "Images (JPEG, PNG, GIF, BMP, WebP, TIFF), or folders of images at any depth.")
    private List<Path> images = List.of();

    @Option(
            names = "--tensor",
            paramLabel = "FILE.npy",
            description =
                    "Instead of images: a tensor of floats [n, 3, height, width], already normalized; converted to float32.")
    private @Nullable Path tensor;

    @Option(names = "--topk", paramLabel = "K", description = "Best classes to print (default: ${DEFAULT-VALUE}).")
    private int topK = 5;

    @Option(names = "--logits", description = "Add the logits of all classes (json and jsonl only).")
    private boolean logits;

    @Option(
            names = "--raw-scores",
            description =
                    "The softmax of the logits themselves, whatever the model's card says of temperature and unknown images.")
    private boolean rawScores;

    @Option(names = "--format", description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private Format format = Format.TEXT;

    @Mixin
    private DecodingChoice decoding = new DecodingChoice();

    @Option(names = "--json", description = "The same as --format json.")
    private boolean json;

    @Option(names = "--threads", paramLabel = "N", description = "Compute threads (default: all processors).")
    private int threads = Machine.processors();

    PredictCommand(Console console) {
        this.console = console;
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
        List<Path> files = Predictor.images(images);
        try (TrainedModel trained = TrainedModel.open(model, threads)) {
            expected.check(model, trained.card());
            Predictor predictor = new Predictor(
                    trained, decoding.decoder(trained.card().preprocessing()), Interruption::isRequested, rawScores);
            if (format == Format.CSV) {
                console.result("file_name,rank,class_id,label_name,score,error");
            }
            if (tensor == null) {
                predictor.predict(files, this::print);
            } else {
                predictor.predictTensor(tensor).forEach(this::print);
            }
            if (format == Format.JSON) {
                console.result(Json.page(array));
            }
            return errors == 0 ? 0 : Failure.FAILED;
        }
    }

    private void print(Prediction answer) {
        switch (format) {
            case TEXT -> console.result(text(answer));
            case JSON -> array.add(object(answer));
            case JSONL -> console.result(Json.line(object(answer)));
            case CSV -> console.result(csv(answer));
        }
        if (!answer.isAnswered()) {
            errors++;
            console.error(answer.error());
        }
    }

    private String text(Prediction answer) {
        if (!answer.isAnswered()) {
            return answer.source() + ": no answer";
        }
        return answer.best(topK).stream()
                .map(score -> String.format(Locale.ROOT, "%s %.2f %%", score.label(), 100 * score.score()))
                .collect(
                        Collectors.joining(", ", answer.source() + ": " + (answer.isUnknown() ? "unknown; " : ""), ""));
    }

    private ObjectNode object(Prediction answer) {
        ObjectNode object = Json.object().put("file_name", answer.source());
        if (!answer.isAnswered()) {
            return object.put("error", answer.error());
        }
        ArrayNode ids = object.putArray("class_ids");
        ArrayNode scores = object.putArray("scores");
        ArrayNode labels = object.putArray("label_names");
        for (LabeledScore score : answer.best(topK)) {
            ids.add(score.index());
            scores.add(score.score());
            labels.add(score.label());
        }
        if (answer.isUnknown()) {
            object.put("unknown", true);
        }
        if (logits) {
            ArrayNode all = object.putArray("logits");
            for (float logit : answer.logits()) {
                all.add(logit);
            }
        }
        return object;
    }

    private String csv(Prediction answer) {
        if (!answer.isAnswered()) {
            return cell(answer.source()) + ",,,,," + cell(answer.error());
        }
        List<String> lines = new ArrayList<>();
        for (LabeledScore score : answer.best(topK)) {
            lines.add(cell(answer.source()) + "," + (lines.size() + 1) + "," + score.index() + "," + cell(score.label())
                    + "," + String.format(Locale.ROOT, "%.6f", score.score()) + ",");
        }
        return String.join("\n", lines);
    }

    /** A cell of the table, in quotes where it has a comma, a quote or a line break itself (RFC 4180). */
    private static String cell(String text) {
        return text.matches("(?s).*[\",\r\n].*") ? '"' + text.replace("\"", "\"\"") + '"' : text;
    }
}
