package dev.kinglet.cli.benchmark;

import picocli.CommandLine.Option;

/** The options that every benchmark has. */
final class BenchmarkOptions {
    @Option(names = "--threads", paramLabel = "N", description = "Threads at work at once (default: ${DEFAULT-VALUE}).")
    private int threads;

    @Option(names = "--rounds", paramLabel = "N", description = "Rounds, or timed steps (default: ${DEFAULT-VALUE}).")
    private int rounds = 7;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    /** @param threads where the option is not given */
    BenchmarkOptions(int threads) {
        this.threads = threads;
    }

    int threads() {
        BenchmarkCommand.atLeastOne("--threads", threads);
        return threads;
    }

    int rounds() {
        BenchmarkCommand.atLeastOne("--rounds", rounds);
        return rounds;
    }

    boolean json() {
        return json;
    }
}
