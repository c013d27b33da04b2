package dev.kinglet.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.Interruption;
import dev.kinglet.cli.console.Json;
import dev.kinglet.infer.Exporter;
import dev.kinglet.measure.LatencyCalibration;
import dev.kinglet.measure.LatencyModel;
import dev.kinglet.measure.ZooPrediction;
import dev.kinglet.network.Card;
import dev.kinglet.network.Costs;
import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.Network;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Shape;
import dev.kinglet.onnx.GraphCosts;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.toolkit.TrainedModel;
import dev.kinglet.toolkit.Untrained;
import dev.kinglet.zoo.Published;
import dev.kinglet.zoo.Variant;
import dev.kinglet.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kinglet summary}. */
@Command(
        name = "summary",
        description = "Print a network layer by layer with its costs: parameters and multiply-accumulates.",
        footerHeading = "%nExample:%n",
        footer = {
            "  kinglet summary peleenet --img-size 128 --num-classes 16",
            "  kinglet summary birds.onnx",
            "  kinglet summary peleenet --cost --measure"
        })
final class SummaryCommand implements Callable<Integer> {
    private static final int WIDTH = 100; // of lines of text

    private final Console console;

    @Parameters(
            arity = "0..1",
            paramLabel = "MODEL",
            description =
                    "A name of kinglet models, a run folder, a .safetensors file or an .onnx file; without it, --cost"
                            + " --measure takes all models.")
    private @Nullable String model;

    @Option(
            names = "--img-size",
            paramLabel = "PIXELS",
            description = "Input resolution, for names of models (default: as published).")
    private @Nullable Integer imageSize;

    @Option(
            names = "--num-classes",
            paramLabel = "N",
            description = "Outputs, for names of models (default: as published).")
    private @Nullable Integer classes;

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
            if (!measure || imageSize != null || classes != null) {
                throw new IllegalArgumentException("summary takes the name of a model, one of kinglet models; only"
                        + " --cost --measure, without other options, does without and takes them all");
            }
            predictZoo();
            return 0;
        }
        Path path = Path.of(model);
        boolean file = Files.exists(path) || model.endsWith(".safetensors") || model.endsWith(".onnx");
        if (file && (imageSize != null || classes != null)) {
            throw new IllegalArgumentException(
                    "--img-size and --num-classes go with names of models; " + model + " has its own");
        }
        if (file && TrainedModel.isOnnx(path)) {
            if (cost) {
                throw new IllegalArgumentException("--cost takes a network before its export, not " + model);
            }
            OnnxFile exported = OnnxFile.read(path);
            console.result(json ? Json.page(object(exported)) : page(exported));
            return 0;
        }
        if (cost) {
            predict(file ? TrainedModel.read(path) : Untrained.model(model, imageSize, classes));
            return 0;
        }
        if (file) {
            Model trained = TrainedModel.read(path);
            console.result(
                    json
                            ? Json.page(object(trained.network()))
                            : page(trained.network(), wrapped(List.of(input(trained.card())))));
            return 0;
        }
        Variant variant = Zoo.get(model);
        Network network = variant.network(
                Shape.image(imageSize == null ? variant.preprocessing().inputSize() : imageSize),
                classes == null ? variant.classes() : classes);
        console.result(json ? Json.page(object(network)) : page(network, wrapped(published(variant))));
        return 0;
    }

    private void predict(Model source) throws IOException {
        Model exported = Exporter.rewritten(source);
        LatencyModel latency = LatencyCalibration.run(Interruption::check);
        OptionalDouble measured =
                measure ? OptionalDouble.of(LatencyCalibration.millis(exported)) : OptionalDouble.empty();
        console.result(
                json
                        ? Json.page(LatencyPages.object(latency, exported.network(), measured))
                        : LatencyPages.page(latency, exported.network(), measured));
    }

    private void predictZoo() throws IOException {
        ZooPrediction prediction = ZooPrediction.run(
                LatencyCalibration.run(Interruption::check),
                (name, reason) -> console.note("%s is left out: %s", name, reason),
                Interruption::check);
        console.result(json ? Json.page(LatencyPages.object(prediction)) : LatencyPages.table(prediction));
    }

    private static ObjectNode object(Network network) {
        Costs costs = Costs.of(network);
        ObjectNode object = Json.object()
                .put("model", network.name())
                .put("params", costs.parameters())
                .put("macs", costs.macs())
                .put("cio", costs.cio());
        ArrayNode layers = object.putArray("layers");
        for (Layer layer : network.layers()) {
            Costs own = Costs.of(layer);
            ObjectNode entry = layers.addObject()
                    .put("name", layer.name())
                    .put("op", layer.op().getClass().getSimpleName());
            ArrayNode inputs = entry.putArray("inputs");
            layer.inputs().forEach(input -> inputs.add(input.name()));
            entry.putArray("shape")
                    .add(layer.shape().channels())
                    .add(layer.shape().height())
                    .add(layer.shape().width());
            entry.put("params", own.parameters()).put("macs", own.macs()).put("cio", own.cio());
        }
        return object;
    }

    private static ObjectNode object(OnnxFile file) throws IOException {
        List<GraphCosts.NodeCost> nodes = GraphCosts.nodes(file);
        ObjectNode object = Json.object()
                .put("model", file.card().model())
                .put(
                        "params",
                        nodes.stream()
                                .mapToLong(GraphCosts.NodeCost::parameters)
                                .sum())
                .put("macs", nodes.stream().mapToLong(GraphCosts.NodeCost::macs).sum());
        ArrayNode layers = object.putArray("layers");
        for (GraphCosts.NodeCost node : nodes) {
            ObjectNode entry = layers.addObject().put("name", node.name()).put("op", node.op());
            node.inputs().forEach(entry.putArray("inputs")::add);
            node.shape().forEach(entry.putArray("shape")::add);
            entry.put("params", node.parameters()).put("macs", node.macs());
        }
        return object;
    }

    private static String page(Network network, String card) {
        SummaryTable table = new SummaryTable("layer");
        for (Layer layer : network.layers()) {
            Costs costs = Costs.of(layer);
            table.row(
                    layer.name(),
                    layer.name(),
                    layer.op().getClass().getSimpleName(),
                    layer.inputs().stream().map(Layer::name).toList(),
                    layer.shape().toString(),
                    costs.parameters(),
                    costs.macs());
        }
        Costs total = Costs.of(network);
        return table + "\n\n" + network + "\n"
                + "parameters " + total.parameters() + ", MACs " + total.macs() + ", CIO " + total.cio() + "\n"
                + card;
    }

    private static String page(OnnxFile file) throws IOException {
        SummaryTable table = new SummaryTable("node");
        long parameters = 0;
        for (GraphCosts.NodeCost node : GraphCosts.nodes(file)) {
            table.row(
                    node.output(),
                    node.name(),
                    node.op(),
                    node.inputs(),
                    node.shape().stream().map(String::valueOf).collect(Collectors.joining("x")),
                    node.parameters(),
                    node.macs());
            parameters += node.parameters();
        }
        Card card = file.card();
        List<String> lines = new ArrayList<>();
        lines.add(card.model() + " " + file.image() + " -> " + file.classes() + " classes, as exported");
        lines.add("parameters " + parameters + ", MACs " + GraphCosts.macs(file) + ", " + file.bytes().length
                + " bytes, " + file.inputType().key() + " input");
        lines.add(input(card));
        card.provenance().forEach((key, value) -> lines.add(key + ": " + value.replace(",", ", ")));
        return table + "\n\n" + wrapped(lines);
    }

    private static String input(Card card) {
        return input(card.preprocessing());
    }

    private static String input(Preprocessing input) {
        return "input: " + input.inputSize() + " pixels, crop_pct " + input.cropPct() + ", "
                + input.interpolation().key() + ", mean " + input.mean() + ", std " + input.std();
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
        if (!published.recipe().isEmpty()) {
            lines.add("trained with: "
                    + published.recipe().entrySet().stream()
                            .map(option -> option.getKey() + " " + option.getValue())
                            .collect(Collectors.joining(", "))
                    + (published.remarks().isEmpty() ? "" : "; " + published.remarks()));
        }
        lines.add("source: " + published.source() + "; license: " + published.license());
        return lines;
    }

    /** Lines broken at blanks. */
    private static String wrapped(List<String> lines) {
        List<String> wrapped = new ArrayList<>();
        for (String line : lines) {
            StringBuilder current = new StringBuilder();
            for (String word : line.split(" ", -1)) {
                if (current.length() + 1 + word.length() > WIDTH && current.length() > 0) {
                    wrapped.add(current.toString());
                    current.setLength(0);
                    current.append(" ");
                }
                current.append(current.length() > 0 ? " " : "").append(word);
            }
            wrapped.add(current.toString());
        }
        return String.join("\n", wrapped);
    }
}
