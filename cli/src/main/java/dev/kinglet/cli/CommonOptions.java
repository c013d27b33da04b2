package dev.kinglet.cli;

import picocli.CommandLine.Option;

/** What every command takes. */
final class CommonOptions {
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Print this.")
    private boolean help;

    @Option(names = "--debug", description = "Print a stack trace with an error.")
    private boolean debug; // looked for in the arguments: an error may come before they are read
}
