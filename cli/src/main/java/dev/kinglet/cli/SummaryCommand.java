package dev.kinglet.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.base.Figures;
import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.Interruption;
import dev.kinglet.cli.console.Json;
import dev.kinglet.measure.CostTable;
import dev.kinglet.measure.LatencyPrediction;
import dev.kinglet.measure.ZooPrediction;
import dev.kinglet.network.Card;
import dev.kinglet.network.Costs;
import dev.kinglet.network.Model;
import dev.kinglet.network.Network;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.toolkit.TrainedModel;
import dev.kinglet.train.options.Recipe;
import dev.kinglet.train.options.TrainOption;
import dev.kinglet.zoo.Published;
import dev.kinglet.zoo.Variant;
import dev.kinglet.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kinglet summary}. */
@Command(
        name = "summary",
        description = "Print a network layer by layer with its costs: parameters and multiply-accumulates.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  kinglet summary peleenet --img-size 128 --num-classes 16",
            "  kinglet summary birds.onnx",
            "  kinglet summary peleenet --cost --measure"
        })
final class SummaryCommand implements Callable<Integer> {
    private static final Pattern LINE = Pattern.compile(".{1,98}(?= |$)|\\S+"); // or a longer word

    private final Console console;

    @Parameters(
            arity = "0..1",
            paramLabel = "MODEL",
            description =
                    "A name of kinglet models, a run folder, a .safetensors file or an .onnx file; without it, --cost"
                            + " --measure takes all models.")
    private @Nullable String model;

    @Mixin
    private NetworkSize size = new NetworkSize();

    @Option(
            names = "--cost",
            description =
                    "Predict the latency of each layer of the exported network on this machine, and what bounds it;"
                            + " typical layers are measured first, for some seconds.")
    private boolean cost;

    @Option(names = "--measure", description = "With --cost: measure the network, too.")
    private boolean measure;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    SummaryCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        if (measure && !cost) {
            throw new IllegalArgumentException("--measure goes with --cost");
        }
        if (model == null) {
            if (!measure || size.isGiven()) {
                throw new IllegalArgumentException("summary takes the name of a model, one of kinglet models; only"
                        + " --cost --measure, without other options, does without and takes them all");
            }
            predictZoo();
            return 0;
        }
        Path path = Path.of(model);
        boolean file = TrainedModel.isPath(path);
        if (file && size.isGiven()) {
            throw new IllegalArgumentException(
                    "--img-size and --num-classes go with names of models; " + model + " has its own");
        }
        if (file && TrainedModel.isOnnx(path)) {
            if (cost) {
                throw new IllegalArgumentException("--cost takes a network before its export, not " + model);
            }
            OnnxFile exported = OnnxFile.read(path);
            console.result(json ? Json.page(object(exported)) : page(exported));
        } else if (cost) {
            Model source = file ? TrainedModel.read(path) : size.untrained(model);
            LatencyPrediction latency = LatencyPrediction.of(source, measure, Interruption::check);
            String name = source.network().name();
            console.result(json ? Json.page(LatencyPages.object(name, latency)) : LatencyPages.page(name, latency));
        } else if (file) {
            Model trained = TrainedModel.read(path);
            print(trained.network(), List.of(input(trained.card().preprocessing())));
        } else {
            Variant variant = Zoo.get(model);
            print(size.network(variant), published(variant));
        }
        return 0;
    }

    private void predictZoo() throws IOException {
        ZooPrediction prediction = ZooPrediction.run(
                (name, reason) -> console.note("%s is left out: %s", name, reason), Interruption::check);
        console.result(json ? Json.page(LatencyPages.object(prediction)) : LatencyPages.table(prediction));
    }

    private void print(Network network, List<String> notes) {
        CostTable table = CostTable.of(network);
        Costs costs = Costs.of(network);
        if (!json) {
            console.result(LayerTable.text("layer", table) + "\n\n" + network + "\nparameters " + costs.parameters()
                    + ", MACs " + costs.macs() + ", CIO " + costs.cio() + "\n" + wrapped(notes));
            return;
        }
        ObjectNode object = Json.object()
                .put("model", network.name())
                .put("params", costs.parameters())
                .put("macs", costs.macs())
                .put("cio", costs.cio());
        object.set("layers", LayerTable.json(table));
        console.result(Json.page(object));
    }

    private static ObjectNode object(OnnxFile file) throws IOException {
        CostTable table = CostTable.of(file);
        ObjectNode object = Json.object()
                .put("model", file.card().model())
                .put("params", table.parameters())
                .put("macs", table.macs());
        object.set("layers", LayerTable.json(table));
        return object;
    }

    private static String page(OnnxFile file) throws IOException {
        CostTable table = CostTable.of(file);
        Card card = file.card();
        List<String> lines = new ArrayList<>();
        lines.add(card.model() + " " + file.image() + " -> " + file.classes() + " classes, as exported");
        lines.add("parameters " + table.parameters() + ", MACs " + table.macs() + ", " + file.bytes().length
                + " bytes, " + file.inputType().key() + " input");
        lines.add(input(card.preprocessing()));
        new TreeMap<>(card.provenance()).forEach((key, value) -> lines.add(key + ": " + value.replace(",", ", ")));
        return LayerTable.text("node", table) + "\n\n" + wrapped(lines);
    }

    private static String input(Preprocessing input) {
        return "input: " + input.inputSize() + " pixels, crop_pct " + input.cropPct() + ", resize "
                + input.resize().key() + ", " + input.interpolation().key() + ", mean " + input.mean() + ", std "
                + input.std();
    }

    /** The authors' preprocessing, results and recipe. */
    private static List<String> published(Variant variant) {
        Published published = variant.published();
        List<String> lines = new ArrayList<>();
        lines.add(input(variant.preprocessing()));
        if (!published.figures().isEmpty() || published.top1().isPresent()) {
            lines.add("published: " + published.figures()
                    + (published.top1().isPresent()
                            ? ", top-1 " + Figures.percent(published.top1().getAsDouble())
                            : ""));
        }
        Recipe.of(variant.name())
                .ifPresent(recipe -> lines.add("recipe " + recipe.name() + ": "
                        + recipe.options().given().stream()
                                .filter(option -> option != TrainOption.MODEL)
                                .map(option -> option.key() + " "
                                        + recipe.options().get(option).orElseThrow())
                                .collect(Collectors.joining(", "))));
        lines.add("source: " + published.source() + "; license: " + published.license());
        return lines;
    }

    /** Lines broken at blanks. */
    private static String wrapped(List<String> lines) {
        return lines.stream()
                .map(line -> LINE.matcher(line)
                        .results()
                        .map(part -> part.group().strip())
                        .collect(Collectors.joining("\n  ")))
                .collect(Collectors.joining("\n"));
    }
}
