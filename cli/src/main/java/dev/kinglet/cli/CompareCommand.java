package dev.kinglet.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.base.Table;
import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.Json;
import dev.kinglet.toolkit.Runs;
import dev.kinglet.train.run.Comparison;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kinglet compare}. */
@Command(
        name = "compare",
        description = {
            "Show runs side by side: accuracy, loss, costs and time.",
            "With --output also as a page with their curves over each other and the options in which they differ."
        },
        footerHeading = "%nExamples:%n",
        footer = {"  kinglet compare runs/hardnet68 runs/peleenet --output comparison.html"})
final class CompareCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(arity = "1..*", paramLabel = "RUN", description = "Folders of runs, in the order to be shown.")
    private List<Path> runs = List.of();

    @Option(names = "--output", paramLabel = "FILE.html", description = "Page to write.")
    private @Nullable Path output;

    @Option(names = "--json", description = "Print a JSON array.")
    private boolean json;

    CompareCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        Comparison comparison = Runs.compare(runs);
        if (output != null) {
            comparison.writeTo(output);
            console.note("Comparison: %s", output.toAbsolutePath());
        }
        console.result(json ? Json.page(array(comparison)) : table(comparison).toString());
        return 0;
    }

    private static Table table(Comparison comparison) {
        Table table = new Table(Comparison.HEADS.toArray(String[]::new));
        comparison.rows().forEach(row -> table.row(row.cells().toArray(String[]::new)));
        return table;
    }

    private static ArrayNode array(Comparison comparison) {
        ArrayNode array = Json.array();
        for (Comparison.Row row : comparison.rows()) {
            ObjectNode run = array.addObject()
                    .put("run", row.run())
                    .put("model", row.model())
                    .put("img_size", row.imageSize())
                    .put("params", row.costs().parameters())
                    .put("macs", row.costs().macs())
                    .put("epochs", row.epochs())
                    .put("epochs_done", row.epochsDone())
                    .put("time_s", row.seconds());
            row.best()
                    .ifPresent(best -> run.put("best_epoch", best.epoch())
                            .put("ema", best.ema().isPresent())
                            .put("top1", row.top1())
                            .put("top5", row.top5())
                            .put("loss", row.loss())
                            .put("images_per_s", row.imagesPerSecond()));
        }
        return array;
    }
}
