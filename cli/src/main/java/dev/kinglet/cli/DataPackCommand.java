package dev.kinglet.cli;

import dev.kinglet.data.Shards;
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
            "Write labeled images as tar shards (WebDataset: key.jpg and key.cls), which are read front to back.",
            "Images stay as they are encoded. labels.txt has the names of the classes."
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
            description = "Folder of the shards.")
    private Path out = Path.of("");

    @Option(names = "--shard-size", paramLabel = "N", description = "Images in a shard (default: ${DEFAULT-VALUE}).")
    private int shardSize = 5000;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Of the order of the images to train on (default: ${DEFAULT-VALUE}).")
    private long seed;

    DataPackCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        Shards.Packed packed = Shards.pack(choice.open(), out, shardSize, seed);
        for (SkippedImage image : packed.skipped()) {
            console.note("left out %s: %s", image.name(), image.reason());
        }
        console.result(
                "%s: %d images in %d shards%s",
                out,
                packed.images(),
                packed.shards(),
                packed.skipped().isEmpty() ? "" : "; " + packed.skipped().size() + " left out");
        return 0;
    }
}
