package dev.kinglet.cli.weights;

import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.DownloadProgress;
import dev.kinglet.toolkit.hub.WeightHub;
import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where pretrained weights are fetched from and kept. */
public final class HubOptions {
    @Option(
            names = "--cache-dir",
            paramLabel = "DIR",
            description = "Folder of fetched weights (default: $KINGLET_CACHE, or ~/.cache/kinglet).")
    private @Nullable Path cache;

    @Option(
            names = "--mirror",
            paramLabel = "URL",
            description =
                    "Base address of another hub than https://huggingface.co, or folder that has an address's file.")
    private @Nullable URI mirror;

    @Option(
            names = "--offline",
            description = "Use fetched weights only, never the network (KINGLET_OFFLINE=1 does the same).")
    private boolean offline;

    /** The hub that these options and the environment describe. */
    public WeightHub hub() {
        WeightHub hub = WeightHub.defaults();
        hub = cache == null ? hub : hub.withCache(cache);
        hub = mirror == null ? hub : hub.withMirror(mirror);
        return offline ? hub.withoutNetwork() : hub;
    }

    /** A listener that prints one line per tenth of a file. */
    public WeightHub.Progress progress(Console console) {
        DownloadProgress progress = new DownloadProgress(console);
        return progress::fetched;
    }
}
