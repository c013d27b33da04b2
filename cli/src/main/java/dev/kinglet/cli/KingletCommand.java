package dev.kinglet.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What {@code kinglet} without a command knows. */
@Command(
        name = "kinglet",
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        description = "Trains, checks, exports and runs small, fast image classifiers.",
        commandListHeading = "%nCommands (kinglet COMMAND --help says more of each):%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  kinglet demo                                       everything once, on pictures drawn for it",
            "  kinglet train --data photos/ --val-every 5 --model peleenet",
            "  kinglet export runs/peleenet-20260101-120000 --output peleenet.onnx",
            "  kinglet predict peleenet.onnx photo.jpg --json"
        })
final class KingletCommand implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private CommonOptions common = new CommonOptions();

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
}
