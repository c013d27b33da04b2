package dev.kinglet.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.kinglet.base.Figures;
import dev.kinglet.base.Table;
import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.Json;
import dev.kinglet.network.Costs;
import dev.kinglet.zoo.Variant;
import dev.kinglet.zoo.Zoo;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kinglet models}. */
@Command(
        name = "models",
        description = {
            "List every network: parameters, multiply-accumulates (MACs) and convolutional input/output (CIO) of one"
                    + " image, as published."
        })
final class ModelsCommand implements Callable<Integer> {
    private final Console console;

    @Option(names = "--json", description = "Print a JSON array.")
    private boolean json;

    ModelsCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        console.result(json ? Json.page(array()) : table().toString());
        return 0;
    }

    private static ArrayNode array() {
        ArrayNode array = Json.array();
        for (Variant variant : Zoo.all()) {
            Costs costs = Costs.of(variant.network());
            array.addObject()
                    .put("model", variant.name())
                    .put("params", costs.parameters())
                    .put("macs", costs.macs())
                    .put("cio", costs.cio())
                    .put("published_top1", top1(variant))
                    .put("input_size", variant.preprocessing().inputSize());
        }
        return array;
    }

    private static Table table() {
        Table table = new Table("model", ">parameters", ">MACs", ">CIO", ">published top-1", ">input");
        for (Variant variant : Zoo.all()) {
            Costs costs = Costs.of(variant.network());
            Double top1 = top1(variant);
            table.row(
                    variant.name(),
                    Figures.millions(costs.parameters()),
                    Figures.millions(costs.macs()),
                    Figures.millions(costs.cio()),
                    top1 == null ? "-" : Figures.percent(top1),
                    Integer.toString(variant.preprocessing().inputSize()));
        }
        return table;
    }

    private static @org.jspecify.annotations.Nullable Double top1(Variant variant) {
        OptionalDouble top1 = variant.published().top1();
        return top1.isPresent() ? top1.getAsDouble() : null;
    }
}
