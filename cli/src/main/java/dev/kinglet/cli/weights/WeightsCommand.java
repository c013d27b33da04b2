package dev.kinglet.cli.weights;

import dev.kinglet.cli.console.Console;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kinglet weights}: pretrained weights of others. */
@Command(
        name = "weights",
        synopsisSubcommandLabel = "COMMAND",
        description = "Fetch pretrained weights, and list them.",
        commandListHeading = "%nCommands (kinglet weights COMMAND --help describes each):%n")
public final class WeightsCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    private WeightsCommand() {}

    /** The command with its own commands. */
    public static CommandLine line(Console console) {
        return new CommandLine(new WeightsCommand())
                .addSubcommand(new WeightsFetchCommand(console))
                .addSubcommand(new WeightsListCommand(console));
    }

    @Override
    public Integer call() {
        throw new ParameterException(
                spec.commandLine(),
                "a command of weights is missing: one of "
                        + String.join(", ", spec.subcommands().keySet()));
    }
}
