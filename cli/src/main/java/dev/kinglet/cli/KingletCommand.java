package dev.kinglet.cli;

import dev.kinglet.base.KingletVersion;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** What {@code kinglet} without a command knows, and the options every command takes. */
@Command(
        name = "kinglet",
        versionProvider = KingletCommand.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        description = "Trains, checks, exports and runs small, fast image classifiers.",
        commandListHeading = "%nCommands (kinglet COMMAND --help describes each):%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  kinglet demo                                       everything once, on synthetic images",
            "  kinglet train --data photos/ --val-every 5 --model peleenet",
            "  kinglet export latest --output peleenet.onnx",
            "  kinglet predict peleenet.onnx photo.jpg --json"
        })
@SuppressWarnings("UnusedVariable") // picocli acts on help and version; debug is looked for in the arguments
final class KingletCommand implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Print this.")
    private boolean help;

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Print a stack trace with an error.")
    private boolean debug;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Print the version.")
    private boolean version;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "a command is missing: one of "
                        + String.join(", ", spec.subcommands().keySet()));
    }

    /** The versions that {@code --version} prints. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {
                "kinglet " + KingletVersion.current() + " (Java " + System.getProperty("java.version") + ", "
                        + System.getProperty("os.name") + " " + System.getProperty("os.arch") + ")"
            };
        }
    }
}
