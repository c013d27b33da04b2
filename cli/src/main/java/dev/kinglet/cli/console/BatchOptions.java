package dev.kinglet.cli.console;

import dev.kinglet.toolkit.Machine;
import picocli.CommandLine.Option;

/** How images are loaded and run: in batches of which size, by how many workers and threads. */
public final class BatchOptions {
    @Option(names = "--batch-size", paramLabel = "N", description = "Images run together (default: ${DEFAULT-VALUE}).")
    private int batchSize = 64;

    @Option(names = "--workers", paramLabel = "N", description = "Data-loader workers (default: ${DEFAULT-VALUE}).")
    private int workers = 2;

    @Option(names = "--threads", paramLabel = "N", description = "Compute threads (default: all processors).")
    private int threads = Machine.processors();

    /** Images run together. */
    public int batchSize() {
        return batchSize;
    }

    /** Data-loader workers. */
    public int workers() {
        return workers;
    }

    /** Compute threads. */
    public int threads() {
        return threads;
    }
}
