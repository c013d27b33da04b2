package dev.kinglet.cli;

import dev.kinglet.network.Card;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The network's name beside a file that knows its own, as the articles' scripts are called. */
final class ExpectedModel {
    @Option(names = "--model", hidden = true)
    private @Nullable String name;

    /** @throws IllegalArgumentException if the trained network is another */
    void check(Path file, Card card) {
        if (name != null) {
            check(name, file, card);
        }
    }

    static void check(String name, Path file, Card card) {
        if (!name.equals(card.model())) {
            throw new IllegalArgumentException(
                    "--model says " + name + ", but " + file + " is of " + card.model() + "; leave --model out");
        }
    }
}
