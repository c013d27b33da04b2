package dev.kinglet.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The program {@code kinglet}. */
public final class Main {
    private Main() {}

    /** Runs a command and exits with its status. */
    public static void main(String[] args) {
        System.setProperty("java.awt.headless", "true");
        Machine.limitNativeMemory();
        // UTF-8 whatever the machine's own encoding: what is printed is JSON, and class names of any language
        PrintStream out = stream(FileDescriptor.out);
        PrintStream err = stream(FileDescriptor.err);
        CountDownLatch returned = Interruption.listen();
        int status = run(args, new Console(out, err, Boolean.getBoolean("kinglet.terminal")));
        out.flush();
        err.flush();
        returned.countDown();
        System.exit(status);
    }

    private static PrintStream stream(FileDescriptor descriptor) {
        return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
    }

    /** Runs a command; the exit status. */
    static int run(String[] args, Console console) {
        CommandLine line = new CommandLine(new KingletCommand());
        line.addSubcommand(new DemoCommand(console));
        line.addSubcommand(DataCommand.line(console));
        line.addSubcommand(TrainCommand.line(console));
        line.addSubcommand(new EvalCommand(console));
        line.addSubcommand(new PredictCommand(console));
        line.addSubcommand(new ImportCommand(console));
        line.addSubcommand(new ExportCommand(console));
        line.addSubcommand(new ModelsCommand(console));
        line.addSubcommand(new SummaryCommand(console));
        line.addSubcommand(new BenchmarkCommand(console));
        line.addSubcommand(new DoctorCommand(console));
        line.setOut(console.outWriter()).setErr(console.errWriter());
        line.setUsageHelpAutoWidth(false).setUsageHelpWidth(110);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        String[] normalised = Arguments.normalise(args);
        boolean debug = List.of(normalised).contains("--debug");
        line.setParameterExceptionHandler((e, given) -> wrongCall(e, console));
        line.setExecutionExceptionHandler((e, command, parsed) -> Failure.of(e).report(console, e, debug));
        try {
            return line.execute(normalised);
        } catch (Error e) { // such as no memory left; picocli passes only exceptions on
            return Failure.of(e).report(console, e, debug);
        }
    }

    private static int wrongCall(ParameterException e, Console console) {
        CommandLine line = e.getCommandLine();
        String name = line.getCommandSpec().qualifiedName();
        String message = String.valueOf(e.getMessage());
        if (e instanceof UnmatchedArgumentException unmatched
                && !unmatched.getUnmatched().isEmpty()) {
            message = Arguments.unknown(
                    unmatched.getUnmatched().get(0),
                    line.getCommandSpec().options().stream()
                            .map(OptionSpec::longestName)
                            .toList(),
                    line.getSubcommands().keySet());
        } else if (e.getCause() instanceof IllegalArgumentException cause && cause.getMessage() != null) {
            message = cause.getMessage();
        }
        console.error(Character.toLowerCase(message.charAt(0)) + message.substring(1) + " (" + name
                + " --help says what there is)");
        return Failure.WRONG_CALL;
    }
}
