package dev.kinglet.cli.benchmark;

import dev.kinglet.cli.console.CommandGroup;
import dev.kinglet.cli.console.Console;
import dev.kinglet.measure.Spread;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code kinglet benchmark}. */
@Command(
        name = "benchmark",
        synopsisSubcommandLabel = "COMMAND",
        description = {
            "Measure networks on this machine, beside its own peaks. Several are interleaved, so that whatever else the"
                    + " machine does affects all of them alike. Prints a Markdown table."
        },
        commandListHeading = "%nCommands (kinglet benchmark COMMAND --help says more of each):%n")
public final class BenchmarkCommand extends CommandGroup {
    private static final String NAME = "benchmark";
    private static final Set<String> COMMANDS = Set.of("infer", "pipeline", "train");
    private static final Set<String> HELP = Set.of("-h", "--help", "--debug");

    private BenchmarkCommand() {}

    /** The command with its own commands. */
    public static CommandLine line(Console console) {
        return new CommandLine(new BenchmarkCommand())
                .addSubcommand(new BenchmarkInferCommand(console))
                .addSubcommand(new BenchmarkPipelineCommand(console))
                .addSubcommand(new BenchmarkTrainCommand(console));
    }

    /**
     * The call in today's spelling. Before there were commands of benchmark, options chose what it does: {@code benchmark
     * --train NAME}, {@code benchmark FILE --pipeline DIR}, otherwise inference.
     */
    public static String[] inTodaysSpelling(String[] args) {
        List<String> words = new ArrayList<>(Arrays.asList(args));
        int at = words.indexOf(NAME) + 1;
        if (at == 0
                || !HELP.containsAll(words.subList(0, at - 1))
                || at == words.size()
                || HELP.containsAll(words.subList(at, words.size()))
                || COMMANDS.contains(words.get(at))) {
            return args;
        }
        words.add(at, has(words, "--train") ? "train" : has(words, "--pipeline") ? "pipeline" : "infer");
        return words.toArray(String[]::new);
    }

    private static boolean has(List<String> words, String option) {
        return words.stream().anyMatch(word -> word.equals(option) || word.startsWith(option + "="));
    }

    /** {@code 1.50 (1.40 to 1.62)}: the median, and the range. */
    static String spread(String format, Spread spread) {
        return String.format(
                Locale.ROOT,
                format + " (" + format + " to " + format + ")",
                spread.median(),
                spread.min(),
                spread.max());
    }

    /** @throws IllegalArgumentException if a count is given that is not at least 1 */
    static void atLeastOne(String option, @Nullable Integer value) {
        if (value != null && value < 1) {
            throw new IllegalArgumentException(option + " is at least 1, not " + value);
        }
    }
}
