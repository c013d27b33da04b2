package dev.kinglet.cli;

import dev.kinglet.base.Choice;
import dev.kinglet.base.FileNames;
import dev.kinglet.cli.analysis.AnalysisCommands;
import dev.kinglet.cli.benchmark.BenchmarkCommand;
import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.Interruption;
import dev.kinglet.cli.data.DataCommand;
import dev.kinglet.cli.weights.WeightsCommand;
import dev.kinglet.toolkit.Machine;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The program {@code kinglet}. */
public final class Main {
    private static final Set<String> WITHOUT_CHARTS =
            Set.of("predict", ServeCommand.NAME); // to load ImageIO takes a while

    private Main() {}

    /** Runs a command and exits with its status. */
    public static void main(String[] args) {
        CountDownLatch returned = Interruption.listen();
        // UTF-8 whatever the machine's own encoding: what is printed is JSON, and class names of any language
        boolean debug = List.of(args).contains("--debug");
        PrintStream err = stream(debug ? FileDescriptor.err : NativeMessages.silence());
        System.setErr(err);
        Console console = new Console(stream(FileDescriptor.out), err, Boolean.getBoolean("kinglet.terminal"));
        int status = areReadable(args, console) ? start(args, console) : Failure.WRONG_CALL;
        console.out().flush();
        console.err().flush();
        returned.countDown();
        System.exit(status != 0 && Interruption.isRequested() ? Interruption.STATUS : status); // 0: it had ended before
    }

    /**
     * Whether the arguments and the current folder arrived whole; if not, says what to do. Java reads them in the encoding of
     * the locale; what that cannot express, every byte beyond ASCII in the locale C, arrives as a replacement character, and
     * the file cannot be opened.
     */
    private static boolean areReadable(String[] args, Console console) {
        Optional<String> unreadable = Stream.concat(Stream.of(args), Stream.of(System.getProperty("user.dir", "")))
                .filter(name -> !FileNames.isUnicode() && name.indexOf(FileNames.UNKNOWN) >= 0)
                .findFirst();
        unreadable.ifPresent(name -> console.error(FileNames.advice(name)));
        return unreadable.isEmpty();
    }

    private static int start(String[] args, Console console) {
        System.setProperty("java.awt.headless", "true");
        if (args.length == 0 || !WITHOUT_CHARTS.contains(args[0])) {
            ImageIO.setUseCache(false); // charts are small, and a folder for temporary files may not be writable
        }
        Machine.limitNativeMemory();
        if (args.length > 0 && args[0].equals(ServeCommand.NAME)) {
            ServeCommand.preload(args);
        }
        return run(args, console);
    }

    private static PrintStream stream(FileDescriptor descriptor) {
        return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
    }

    /** Runs a command in this JVM; the exit status. */
    public static int run(String[] args, Console console) {
        CommandLine line = new CommandLine(new KingletCommand());
        TypedNames typed = new TypedNames(args);
        String[] normalized;
        try {
            normalized = BenchmarkCommand.inTodaysSpelling(ArticleSpellings.translate(Arguments.normalize(args)));
        } catch (IllegalArgumentException e) {
            console.error(typed.in(String.valueOf(e.getMessage())));
            return Failure.WRONG_CALL;
        }
        Map<String, Supplier<Object>> commands = commands(console);
        if (normalized.length > 0 && commands.containsKey(normalized[0])) {
            commands.keySet().retainAll(List.of(normalized[0])); // picocli takes a while to read each
        }
        commands.forEach((name, command) -> line.addSubcommand(name, command.get()));
        line.setOut(console.outWriter()).setErr(console.errWriter());
        line.setUsageHelpAutoWidth(false).setUsageHelpWidth(110);
        line.setUnmatchedOptionsAllowedAsOptionParameters(false); // a mistyped option is no value of the one before
        readChoices(line);
        boolean debug = List.of(normalized).contains("--debug");
        line.setParameterExceptionHandler((e, given) -> wrongCall(e, typed, console));
        line.setExecutionExceptionHandler((e, command, parsed) -> {
            Failure failure = Failure.of(e);
            return new Failure(failure.status(), typed.in(Arguments.asTyped(failure.line(), parsed)))
                    .report(console, e, debug);
        });
        try {
            return line.execute(normalized);
        } catch (Error e) { // such as no memory left; picocli passes only exceptions on
            return Failure.of(e).report(console, e, debug);
        }
    }

    private static void readChoices(CommandLine line) {
        line.getCommandSpec().options().stream()
                .map(OptionSpec::type)
                .filter(Class::isEnum)
                .forEach(type -> readChoice(line, type));
        line.getSubcommands().values().forEach(Main::readChoices);
    }

    private static <E> void readChoice(CommandLine line, Class<E> type) {
        line.registerConverter(type, text -> Choice.of(type, text));
    }

    /** By name, in the order in which they are listed. */
    private static Map<String, Supplier<Object>> commands(Console console) {
        Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
        commands.put("demo", () -> new DemoCommand(console));
        commands.put("data", () -> DataCommand.line(console));
        commands.put("train", () -> TrainCommand.line(console));
        commands.put("eval", () -> new EvalCommand(console));
        commands.put("compare", () -> new CompareCommand(console));
        commands.put("predict", () -> new PredictCommand(console));
        commands.putAll(AnalysisCommands.all(console));
        commands.put("weights", () -> WeightsCommand.line(console));
        commands.put("import", () -> new ImportCommand(console));
        commands.put("export", () -> new ExportCommand(console));
        commands.put("models", () -> new ModelsCommand(console));
        commands.put("recipes", () -> new RecipesCommand(console));
        commands.put("summary", () -> new SummaryCommand(console));
        commands.put("benchmark", () -> BenchmarkCommand.line(console));
        commands.put(ServeCommand.NAME, () -> new ServeCommand(console));
        commands.put("doctor", () -> new DoctorCommand(console));
        return commands;
    }

    private static int wrongCall(ParameterException e, TypedNames typed, Console console) {
        CommandLine line = e.getCommandLine();
        String name = line.getCommandSpec()
                .qualifiedName()
                .replaceFirst("^kinglet", Matcher.quoteReplacement(Console.program()));
        String message = String.valueOf(e.getMessage());
        if (e instanceof UnmatchedArgumentException unmatched
                && !unmatched.getUnmatched().isEmpty()) {
            message = Arguments.unknown(
                    unmatched.getUnmatched(),
                    line.getCommandSpec().options().stream()
                            .map(OptionSpec::longestName)
                            .toList(),
                    line.getSubcommands().keySet());
        } else if (e.getCause() instanceof IllegalArgumentException cause && cause.getMessage() != null) {
            message = (e.getArgSpec() instanceof OptionSpec option ? option.longestName() + ": " : "")
                    + cause.getMessage();
        }
        console.error(typed.in(Character.toLowerCase(message.charAt(0)) + message.substring(1)) + " (" + name
                + " --help says what there is)");
        return Failure.WRONG_CALL;
    }
}
