package dev.kinglet.cli.weights;

import dev.kinglet.cli.console.CommandGroup;
import dev.kinglet.cli.console.Console;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code kinglet weights}: pretrained weights of others. */
@Command(
        name = "weights",
        synopsisSubcommandLabel = "COMMAND",
        description = "Fetch pretrained weights, and list them.",
        commandListHeading = "%nCommands (kinglet weights COMMAND --help describes each):%n")
public final class WeightsCommand extends CommandGroup {
    private WeightsCommand() {}

    /** The command with its own commands. */
    public static CommandLine line(Console console) {
        return new CommandLine(new WeightsCommand())
                .addSubcommand(new WeightsFetchCommand(console))
                .addSubcommand(new WeightsListCommand(console));
    }
}
