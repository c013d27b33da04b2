package dev.kinglet.cli.data;

import dev.kinglet.cli.console.Console;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kinglet data}: looks at images and prepares them before training. */
@Command(
        name = "data",
        synopsisSubcommandLabel = "COMMAND",
        description = "Inspect, split, download, pack and transform labeled images.",
        commandListHeading = "%nCommands (kinglet data COMMAND --help describes each):%n")
public final class DataCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    private DataCommand() {}

    /** The command with its own commands. */
    public static CommandLine line(Console console) {
        return new CommandLine(new DataCommand())
                .addSubcommand(new DataInfoCommand(console))
                .addSubcommand(new DataSplitCommand(console))
                .addSubcommand(new DataFetchCommand(console))
                .addSubcommand(new DataPackCommand(console))
                .addSubcommand(new DataTransformCommand(console));
    }

    @Override
    public Integer call() {
        throw new ParameterException(
                spec.commandLine(),
                "a command of data is missing: one of "
                        + String.join(", ", spec.subcommands().keySet()));
    }
}
