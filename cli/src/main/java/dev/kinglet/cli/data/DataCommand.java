package dev.kinglet.cli.data;

import dev.kinglet.cli.console.CommandGroup;
import dev.kinglet.cli.console.Console;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code kinglet data}: looks at images and prepares them before training. */
@Command(
        name = "data",
        synopsisSubcommandLabel = "COMMAND",
        description = "Inspect, check, split, download, pack and transform labeled images.",
        commandListHeading = "%nCommands (kinglet data COMMAND --help describes each):%n")
public final class DataCommand extends CommandGroup {
    private DataCommand() {}

    /** The command with its own commands. */
    public static CommandLine line(Console console) {
        return new CommandLine(new DataCommand())
                .addSubcommand(new DataInfoCommand(console))
                .addSubcommand(new DataSplitCommand(console))
                .addSubcommand(new DataSuspectsCommand(console))
                .addSubcommand(new DataFetchCommand(console))
                .addSubcommand(new DataPackCommand(console))
                .addSubcommand(new DataTransformCommand(console));
    }
}
