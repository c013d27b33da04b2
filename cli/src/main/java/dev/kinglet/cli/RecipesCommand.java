package dev.kinglet.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.base.Table;
import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.Json;
import dev.kinglet.train.options.Recipe;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kinglet recipes}. */
@Command(
        name = "recipes",
        description = {
            "List the published training recipes, or print one as YAML.",
            "train --recipe NAME trains by one; train -c FILE takes a printed one that was changed."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kinglet recipes",
            "  kinglet recipes peleenet > mine.yaml",
            "  kinglet train --recipe peleenet --data photos --val-every 5 --dry-run"
        })
final class RecipesCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(
            arity = "0..1",
            paramLabel = "NAME",
            description = "The recipe to print; or a network, for its authors' recipe.")
    private @Nullable String name;

    @Option(names = "--json", description = "Print a JSON array; with NAME, one object.")
    private boolean json;

    RecipesCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (name != null) {
            Recipe recipe = Recipe.named(name);
            console.result(
                    "%s", json ? Json.page(object(recipe)) : recipe.yaml().stripTrailing());
        } else {
            console.result("%s", json ? Json.page(array()) : table());
        }
        return 0;
    }

    private static Table table() {
        Table table = new Table("recipe", "training");
        Recipe.all().forEach(recipe -> table.row(recipe.name(), recipe.title()));
        return table;
    }

    private static ArrayNode array() {
        ArrayNode array = Json.array();
        Recipe.all().forEach(recipe -> array.add(object(recipe)));
        return array;
    }

    private static ObjectNode object(Recipe recipe) {
        ObjectNode object = Json.object()
                .put("recipe", recipe.name())
                .put("title", recipe.title())
                .put("source", recipe.source())
                .put("needs_weights", recipe.needsWeights())
                .put("remarks", recipe.remarks());
        recipe.networks().forEach(object.putArray("networks")::add);
        recipe.options()
                .given()
                .forEach(option -> recipe.options()
                        .get(option)
                        .ifPresent(value -> object.withObject("/options").put(option.key(), value)));
        return object;
    }
}
