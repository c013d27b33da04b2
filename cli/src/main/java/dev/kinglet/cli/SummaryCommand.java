package dev.kinglet.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.infer.Exporter;
import dev.kinglet.measure.LatencyCalibration;
import dev.kinglet.measure.LatencyModel;
import dev.kinglet.measure.ZooPrediction;
import dev.kinglet.network.Costs;
import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.Network;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Shape;
import dev.kinglet.toolkit.Untrained;
import dev.kinglet.zoo.Published;
import dev.kinglet.zoo.Variant;
import dev.kinglet.zoo.Zoo;
import java.io.IOException;
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
        description = "Print a network layer by layer, with what each costs.",
        footerHeading = "%nExample:%n",
        footer = {
            "  kinglet summary peleenet --img-size 128 --num-classes 16",
            "  kinglet summary peleenet --cost --measure"
        })
final class SummaryCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(
            arity = "0..1",
            paramLabel = "MODEL",
            description = "A name of kinglet models; none with --cost --measure: all of them.")
    private @Nullable String model;

    @Option(names = "--img-size", paramLabel = "PIXELS", description = "Side of the image (default: as published).")
    private @Nullable Integer imageSize;

    @Option(names = "--num-classes", paramLabel = "N", description = "Outputs (default: as published).")
    private @Nullable Integer classes;

    @Option(
            names = "--cost",
            description = "Predict what each layer of the exported network takes on this machine, and what bounds it;"
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
        if (cost) {
            predict(model);
            return 0;
        }
        Variant variant = Zoo.get(model);
        Network network = variant.network(
                Shape.image(imageSize == null ? variant.preprocessing().inputSize() : imageSize),
                classes == null ? variant.classes() : classes);
        console.result(json ? Json.page(object(network)) : page(variant, network));
        return 0;
    }

    private void predict(String name) throws IOException {
        Model exported = Exporter.rewritten(Untrained.model(name, imageSize, classes));
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
                name -> Untrained.model(name, null, null),
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

    private static String page(Variant variant, Network network) {
        TextTable table = new TextTable("layer", "op", "inputs", ">output", ">parameters", ">MACs");
        for (Layer layer : network.layers()) {
            Costs costs = Costs.of(layer);
            table.row(
                    layer.name(),
                    layer.op().getClass().getSimpleName(),
                    layer.inputs().stream().map(Layer::name).collect(Collectors.joining(", ")),
                    layer.shape().toString(),
                    costs.parameters() == 0 ? "" : Long.toString(costs.parameters()),
                    costs.macs() == 0 ? "" : Long.toString(costs.macs()));
        }
        Costs total = Costs.of(network);
        return table + "\n\n" + network + "\n"
                + "parameters " + total.parameters() + ", MACs " + total.macs() + ", CIO " + total.cio() + "\n"
                + card(variant);
    }

    /** What the authors feed it and say of it. */
    private static String card(Variant variant) {
        Preprocessing input = variant.preprocessing();
        Published published = variant.published();
        List<String> lines = new ArrayList<>();
        lines.add("input: " + input.inputSize() + " pixels, crop_pct " + input.cropPct() + ", "
                + input.interpolation().key() + ", mean " + input.mean() + ", std " + input.std());
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
        return String.join("\n", lines);
    }
}
