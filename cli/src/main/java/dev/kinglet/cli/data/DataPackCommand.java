package dev.kinglet.cli.data;

import dev.kinglet.base.Plural;
import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.Interruption;
import dev.kinglet.data.DataSource;
import dev.kinglet.data.ShardWriter;
import dev.kinglet.data.SkippedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kinglet data pack}. */
@Command(
        name = "pack",
        description = {
            "Write labeled images as tar shards (WebDataset: key.jpg and key.cls), which are read sequentially.",
            "Images are not encoded again. Class names go to labels.txt."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kinglet data pack photos --val-every 5 --out shards",
            "  kinglet train --data shards --model peleenet"
        })
final class DataPackCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private DataChoice choice = new DataChoice();

    @Option(
            names = {"--out", "--output"},
            paramLabel = "DIR",
            required = true,
            description = "Folder for the shards.")
    private Path out = Path.of("");

    @Option(names = "--shard-size", paramLabel = "N", description = "Images per shard (default: ${DEFAULT-VALUE}).")
    private int shardSize = 5000;

    @Option(names = "--seed", paramLabel = "N", description = "Seed of the training order (default: ${DEFAULT-VALUE}).")
    private long seed;

    DataPackCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        DataSource source = choice.open();
        ShardWriter.Packed packed = ShardWriter.pack(source, out, shardSize, seed, Interruption::check);
        source.remarks().forEach(console::note);
        for (SkippedImage image : packed.skipped()) {
            console.note("left out %s: %s", image.name(), image.reason());
        }
        console.result(
                "%s: %s in %s%s",
                out,
                Plural.of(packed.images(), "image"),
                Plural.of(packed.shards(), "shard"),
                packed.skipped().isEmpty() ? "" : "; " + packed.skipped().size() + " left out");
        return 0;
    }
}
