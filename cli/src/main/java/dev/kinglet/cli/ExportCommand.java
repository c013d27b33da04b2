package dev.kinglet.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.base.ByteSize;
import dev.kinglet.base.Figures;
import dev.kinglet.base.FileNames;
import dev.kinglet.base.Table;
import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.Interruption;
import dev.kinglet.cli.console.Json;
import dev.kinglet.infer.ExportReport;
import dev.kinglet.infer.Int8Report;
import dev.kinglet.network.Card;
import dev.kinglet.onnx.InputType;
import dev.kinglet.toolkit.Export;
import dev.kinglet.weights.ModelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kinglet export}. */
@Command(
        name = "export",
        description = {
            "Write a trained network as one .onnx file that contains its labels and its preprocessing.",
            "The file is run and compared with the network it came from, and only written if they agree.",
            "With --format torch or timm, write its weights as a .safetensors file for load_state_dict in Python instead."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kinglet export runs/peleenet-20260101-120000 --output birds.onnx",
            "  kinglet export runs/ghostnet-20260101-120000 --format timm --output birds.safetensors",
            "  kinglet export runs/peleenet-20260101-120000 --output small.onnx --int8 --calibrate photos",
            "  kinglet export --model peleenet --img-size 128 --output untrained.onnx"
        })
final class ExportCommand implements Callable<Integer> {
    /** Kinds of file. */
    private enum Format {
        ONNX(".onnx"),
        TORCH(".safetensors"),
        TIMM(".safetensors");

        private final String ending;

        Format(String ending) {
            this.ending = ending;
        }
    }

    /** Options that say nothing of a file of weights. */
    private static final Set<String> ONNX_ONLY = Set.of(
            "--rewrite",
            "--channel-block",
            "--lanes",
            "--tune",
            "--uint8-input",
            "--embeddings",
            "--int8",
            "--calibrate",
            "--calibrate-method",
            "--calibrate-images",
            "--int8-keep",
            "--explain");

    private final Console console;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(
            arity = "0..1",
            paramLabel = "SOURCE",
            description = "A run folder (its best weights) or a .safetensors file.")
    private @Nullable Path source;

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            description = "Instead of SOURCE: a name of kinglet models, untrained, for measuring.")
    private @Nullable String untrained;

    @Mixin
    private NetworkSize size = new NetworkSize();

    @Option(
            names = "--output",
            required = true,
            paramLabel = "FILE",
            description = "The file to write; replaced if it exists.")
    private Path output = Path.of("");

    @Option(
            names = "--format",
            paramLabel = "onnx|torch|timm",
            description =
                    "onnx (default); or weights in .safetensors, by the names of the authors' release or torchvision (torch),"
                            + " or of timm.")
    private Format format = Format.ONNX;

    @Option(
            names = "--rewrite",
            paramLabel = "all|none|NAME,...",
            hideParamSyntax = true,
            split = ",",
            description =
                    "Rewrites to apply to the network (default: all); 'none' writes it as its authors' code does.")
    private List<String> rewrites = List.of("all");

    @Option(
            names = "--channel-block",
            paramLabel = "8|16",
            description =
                    "With all rewrites: channel block size of ONNX Runtime's layout on the machine the file is for,"
                            + " 16 with AVX-512, 8 with AVX2 (default: this machine's). Correct on both, faster on its own.")
    private @Nullable Integer channelBlock;

    @Option(names = "--lanes", paramLabel = "8|16", hidden = true)
    private @Nullable Integer earlierChannelBlock; // the name of --channel-block in earlier versions

    @Option(
            names = "--tune",
            description =
                    "With all rewrites: choose the implementation of each grouped convolution by timing on this machine,"
                            + " for seconds to some minutes. The file records the result, and a later --tune for it"
                            + " reuses it.")
    private boolean tune;

    @Option(
            names = "--uint8-input",
            description =
                    "The file takes uint8 pixels and normalizes them itself; input tensors are a quarter of the size.")
    private boolean uint8Input;

    @Option(
            names = "--embeddings",
            description =
                    "Add a second output, 'embedding': the features that the network's last layer reads, for embed,"
                            + " similar and few-shot. Answers cost the same.")
    private boolean embeddings;

    @Mixin
    private Int8Options int8 = new Int8Options();

    @Option(names = "--explain", description = "Print what each rewrite changed: layers, multiply-accumulates, CIO.")
    private boolean explain;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    ExportCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        if (source == null && untrained == null) {
            throw new IllegalArgumentException(
                    "export takes a run's folder, a .safetensors file or --model MODEL, one of the three");
        }
        if (source != null && size.isGiven()) {
            throw new IllegalArgumentException(
                    "--img-size and --num-classes go with --model; a trained network has its own");
        }
        if (!FileNames.hasEnding(output, format.ending)) {
            throw new IllegalArgumentException("--output is the name of a file that ends in " + format.ending + ", not "
                    + output
                    + (FileNames.hasEnding(output, ".safetensors")
                            ? "; --format torch or timm writes such a file"
                            : ""));
        }
        if (format != Format.ONNX) {
            return weights();
        }
        Optional<Export.Int8> quantization = int8.given();
        Export.Options options = options(); // before the network is read, which takes a moment
        Export export = export().with(options);
        try {
            if (quantization.isPresent()) {
                print(export.toInt8(output, quantization.get()));
            } else {
                print(export.to(output));
            }
        } catch (IllegalStateException e) { // the file does not agree with the network
            throw new IOException(e.getMessage(), e);
        }
        return 0;
    }

    /** Writes weights for Python. */
    private int weights() throws IOException {
        List<String> given = spec.commandLine().getParseResult().matchedOptions().stream()
                .map(OptionSpec::longestName)
                .filter(ONNX_ONLY::contains)
                .toList();
        if (!given.isEmpty()) {
            throw new IllegalArgumentException(String.join(", ", given) + " go" + (given.size() == 1 ? "es" : "")
                    + " with --format onnx; weights are written as they are");
        }
        Export export = export();
        export.toStateDict(output, format == Format.TIMM ? ModelFile.Naming.TIMM : ModelFile.Naming.TORCH);
        Card card = export.model().card();
        int tensors = export.model().tensors().names().size();
        if (json) {
            console.result(Json.page(Json.object()
                    .put("file", output.toString())
                    .put("model", card.model())
                    .put("bytes", Files.size(output))
                    .put("tensors", tensors)));
        } else {
            console.result("%s, %d tensors", text(card, Files.size(output)), tensors);
        }
        return 0;
    }

    private Export export() throws IOException {
        Export export = source == null ? Export.of(size.untrained(String.valueOf(untrained))) : Export.of(source);
        if (source != null && untrained != null) {
            ExpectedModel.check(untrained, source, export.model().card());
        }
        return export.withNotes(console::note).withStop(Interruption::isRequested);
    }

    private Export.Options options() {
        Integer block = channelBlock != null ? channelBlock : earlierChannelBlock;
        return new Export.Options(
                rewrites,
                block == null ? OptionalInt.empty() : OptionalInt.of(block),
                tune,
                uint8Input ? InputType.UINT8 : InputType.FLOAT32,
                embeddings);
    }

    private void explain(ExportReport report) {
        if (explain) {
            console.note(table(report).toString());
        }
    }

    private void print(ExportReport report) {
        explain(report);
        if (json) {
            console.result(Json.page(object(report, report.bytes())));
        } else {
            console.result(
                    "%s; its %s differ from the source's by at most %s of their standard deviation",
                    text(report, report.bytes()),
                    embeddings ? "logits and embeddings" : "logits",
                    String.format(Locale.ROOT, "%.1e", report.difference()));
        }
    }

    private void print(Int8Report report) {
        explain(report.plain());
        Int8Report.Fidelity fidelity = report.fidelity();
        if (json) {
            ObjectNode object = object(report.plain(), report.bytes())
                    .put("float_bytes", report.floatBytes())
                    .put("images", fidelity.images())
                    .put("signal_to_noise_db", fidelity.sqnr())
                    .put("agreement", fidelity.agreement());
            fidelity.before().ifPresent(top1 -> object.put("top1_float", top1));
            fidelity.after().ifPresent(top1 -> object.put("top1_int8", top1));
            report.floatLayers().forEach(object.putArray("float_layers")::add);
            console.result(Json.page(object));
            return;
        }
        console.result(
                "%s, %s of the float32 file's size",
                text(report.plain(), report.bytes()), Figures.percent(100.0 * report.bytes() / report.floatBytes()));
        if (fidelity.before().isPresent() && fidelity.after().isPresent()) {
            console.result(
                    "top-1 of %d images: float32 %s, int8 %s",
                    fidelity.images(),
                    Figures.percent(fidelity.before().getAsDouble()),
                    Figures.percent(fidelity.after().getAsDouble()));
        }
        console.result(
                "top-1 agreement with float32: %s of %d images; logits: SQNR %.1f dB",
                Figures.percent(fidelity.agreement()), fidelity.images(), fidelity.sqnr());
        console.result(
                "layers kept in float32: %s",
                report.floatLayers().isEmpty() ? "none" : String.join(", ", report.floatLayers()));
    }

    private ObjectNode object(ExportReport report, long bytes) {
        Card card = report.written().card();
        return Json.object()
                .put("file", output.toString())
                .put("model", card.model())
                .put("bytes", bytes)
                .put("rewrites", card.provenance().getOrDefault(Card.REWRITES, ""))
                .put("forms", card.provenance().getOrDefault(Card.CONV_PLAN, ""))
                .put("largest_difference", report.difference());
    }

    private String text(ExportReport report, long bytes) {
        return text(report.written().card(), bytes);
    }

    private String text(Card card, long bytes) {
        return String.format(
                Locale.ROOT,
                "%s: %s, %d classes, %d pixels, %s",
                output,
                card.model(),
                card.labels().size(),
                card.preprocessing().inputSize(),
                ByteSize.mib(bytes));
    }

    private static Table table(ExportReport report) {
        Table table = new Table("after", ">layers", ">MACs", ">CIO");
        for (ExportReport.Step step : report.steps()) {
            table.row(
                    step.rewrite(),
                    Integer.toString(step.layers()),
                    Figures.millions(step.costs().macs()),
                    Figures.millions(step.costs().cio()));
        }
        return table;
    }
}
