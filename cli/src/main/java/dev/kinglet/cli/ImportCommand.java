package dev.kinglet.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.base.ByteSize;
import dev.kinglet.base.LabelFile;
import dev.kinglet.base.Printable;
import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.Interruption;
import dev.kinglet.cli.console.Json;
import dev.kinglet.cli.console.PreprocessingChoice;
import dev.kinglet.network.Card;
import dev.kinglet.toolkit.ImportException;
import dev.kinglet.toolkit.ImportReport;
import dev.kinglet.toolkit.WeightImport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kinglet import}. */
@Command(
        name = "import",
        description = {
            "Convert weights published by others to a .safetensors file that eval, predict and export take.",
            "Nothing in the file is run. Tensors are matched by name and shape; a prefix of all names, such as 'module.'"
                    + " or 'model.', is dropped, and counters that are absent are set to 0."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kinglet import --model peleenet peleenet_acc7208.pth.tar --labels imagenet.txt --output peleenet.safetensors",
            "  kinglet import --model peleenet mine.pth --num-classes 16 --img-size 128 --output mine.safetensors"
        })
final class ImportCommand implements Callable<Integer> {
    private static final int MAX_NAMES = 3;

    private final Console console;

    @Parameters(
            paramLabel = "FILE",
            description =
                    "The weights: .safetensors, torch's .pth, .pth.tar, .th, .pt or .ckpt, Paddle's .pdparams or .pd.")
    private Path file = Path.of("");

    @Option(
            names = "--model",
            required = true,
            paramLabel = "MODEL",
            description = "The network that the weights belong to, a name of kinglet models.")
    private String name = "";

    @Option(
            names = "--output",
            required = true,
            paramLabel = "OUT.safetensors",
            description = "The file to write; replaced if it is there.")
    private Path output = Path.of("");

    @Option(
            names = "--labels",
            paramLabel = "FILE",
            description = "Class names, one per line (default: ImageNet's for 1000 classes, or else numbers).")
    private @Nullable Path labels;

    @Option(
            names = "--num-classes",
            paramLabel = "N",
            description = "Number of classes (default: as many as --labels, or as published).")
    private @Nullable Integer classes;

    @Option(
            names = "--new-head",
            description =
                    "Where the file's last layer has other classes, or is absent, use a randomly initialized one, to be"
                            + " trained.")
    private boolean newHead;

    @Option(
            names = "--background",
            paramLabel = "INDEX",
            description =
                    "Index of an output that stands for none of the classes; answers leave it out (default: as published).")
    private @Nullable Integer background;

    @Option(
            names = "--state-dict",
            paramLabel = "NAME",
            description =
                    "Which dictionary of a checkpoint to read (default: state_dict_ema, state_dict or model, or else the"
                            + " only one that holds tensors).")
    private @Nullable String part;

    @Mixin
    private PreprocessingChoice preprocessing = new PreprocessingChoice();

    @Option(names = "--json", description = "Print one JSON object, with all names.")
    private boolean json;

    ImportCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        WeightImport weights = WeightImport.of(name, file).stop(Interruption::isRequested);
        weights.preprocessing(preprocessing.over(weights.preprocessing()));
        if (labels != null) {
            LabelFile read = LabelFile.read(labels);
            read.remark(labels).ifPresent(console::note);
            weights.labels(read.names());
        }
        if (classes != null) {
            weights.classes(classes);
        }
        if (background != null) {
            weights.background(background);
        }
        if (part != null) {
            weights.stateDict(part);
        }
        if (newHead) {
            weights.newHead();
        }
        try {
            report(weights.write(output));
        } catch (ImportException e) {
            report(e.report());
            throw e;
        }
        return 0;
    }

    private void report(ImportReport report) {
        if (json) {
            console.result(Json.page(object(report)));
            return;
        }
        Card card = report.card();
        console.result(
                "%s: %d tensors of %s were read", report.source(), report.read().size(), card.model());
        list("counters are not in the file, and set to 0", report.zeroed());
        list("randomly initialized, to be trained", report.fresh());
        list("skipped, not in " + card.model(), report.skipped());
        list("missing", report.missing());
        list("of another shape", report.misshapen());
        if (report.bytes().isPresent()) {
            console.result(
                    "%s: %s, %d classes%s, %d pixels, %s",
                    output,
                    card.model(),
                    card.labels().size(),
                    namedByNumber(card) ? " named by their numbers (--labels names them)" : "",
                    card.preprocessing().inputSize(),
                    ByteSize.mib(report.bytes().getAsLong()));
        }
    }

    private boolean namedByNumber(Card card) {
        return labels == null && card.labels().contains("0");
    }

    private void list(String what, List<String> names) {
        if (!names.isEmpty()) {
            String examples = names.stream().limit(MAX_NAMES).map(Printable::of).collect(Collectors.joining(", "));
            console.result("  %d %s (%s%s)", names.size(), what, examples, names.size() > MAX_NAMES ? ", ..." : "");
        }
    }

    private ObjectNode object(ImportReport report) {
        ObjectNode object = Json.object()
                .put("source", report.source())
                .put("file", report.bytes().isPresent() ? output.toString() : null)
                .put("model", report.card().model())
                .put("num_classes", report.card().labels().size())
                .put("read", report.read().size());
        report.zeroed().forEach(object.putArray("zeroed")::add);
        report.fresh().forEach(object.putArray("fresh")::add);
        report.skipped().forEach(object.putArray("skipped")::add);
        report.missing().forEach(object.putArray("missing")::add);
        report.misshapen().forEach(object.putArray("misshapen")::add);
        return object;
    }
}
