package dev.kinglet.cli.weights;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.base.ByteSize;
import dev.kinglet.base.Table;
import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.Json;
import dev.kinglet.toolkit.hub.WeightHub;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kinglet weights list}. */
@Command(
        name = "list",
        description = {
            "List weights that are published for networks of kinglet models, and the files in the cache.",
            "Other repositories of the hub, and other addresses, can be fetched too."
        })
final class WeightsListCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private HubOptions hub = new HubOptions();

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    WeightsListCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        WeightHub weights = hub.hub();
        List<WeightHub.Cached> cached = weights.cached();
        if (json) {
            print(cached);
            return 0;
        }
        Table published = new Table("model", "source");
        WeightHub.known().forEach(known -> published.row(known.model(), known.source()));
        console.result("%s", published);
        if (cached.isEmpty()) {
            console.result("Nothing was fetched yet into %s.", weights.cache());
            return 0;
        }
        Table files = new Table("in " + weights.cache(), ">size");
        cached.forEach(file -> files.row(file.file().toString(), ByteSize.mib(file.bytes())));
        console.result("%s", files);
        return 0;
    }

    private void print(List<WeightHub.Cached> cached) {
        ObjectNode object = Json.object();
        WeightHub.known()
                .forEach(known -> object.withArray("published")
                        .addObject()
                        .put("model", known.model())
                        .put("source", known.source()));
        object.putArray("cached");
        cached.forEach(file -> object.withArray("cached")
                .addObject()
                .put("file", file.file().toString())
                .put("bytes", file.bytes()));
        console.result(Json.page(object));
    }
}
