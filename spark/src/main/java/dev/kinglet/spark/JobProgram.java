package dev.kinglet.spark;

import dev.kinglet.base.Choice;
import dev.kinglet.base.IoReason;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/** What the programs for {@code spark-submit} share: results go to standard output, notes and errors beside it. */
final class JobProgram {
    private static final int FAILED = 1;
    private static final int WRONG_CALL = 2;

    private final String name;
    private final PrintStream out = stream(FileDescriptor.out);
    private final PrintStream err = stream(FileDescriptor.err);

    private JobProgram(String name) {
        this.name = name;
    }

    /** The work of a program, with picocli's annotations. */
    @FunctionalInterface
    interface Job {
        /** The exit status. */
        int run(SparkSession spark, JobProgram program) throws IOException;
    }

    private static PrintStream stream(FileDescriptor descriptor) {
        return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
    }

    /** Runs a program to its end; the JVM ends with it if it fails. */
    static void run(Job job, String... args) {
        CommandLine line = new CommandLine(job);
        int status = new JobProgram(line.getCommandName()).execute(job, line, args);
        if (status != 0) {
            System.exit(status);
        }
    }

    private int execute(Job job, CommandLine line, String... args) {
        line.setUsageHelpAutoWidth(false).setUsageHelpWidth(110);
        line.getCommandSpec().options().stream()
                .map(OptionSpec::type)
                .filter(Class::isEnum)
                .forEach(type -> convert(line, type));
        try {
            line.parseArgs(args);
            if (line.isUsageHelpRequested()) {
                line.usage(out);
                return 0;
            }
        } catch (ParameterException e) {
            error(e.getMessage() + " (" + name + " --help says what there is)");
            return WRONG_CALL;
        }
        SparkSession spark = SparkSession.builder().appName("kinglet " + name).getOrCreate();
        try {
            return job.run(spark, this);
        } catch (IllegalArgumentException e) {
            error(String.valueOf(e.getMessage()));
            return WRONG_CALL;
        } catch (IOException e) {
            error(IoReason.describe(e));
            return FAILED;
        } catch (Exception e) { // Spark's are checked, but Scala does not declare them
            error(reason(e));
            return FAILED;
        } finally {
            spark.stop();
        }
    }

    private static <E> void convert(CommandLine line, Class<E> type) {
        line.registerConverter(type, text -> Choice.of(type, text));
    }

    /** The reason at the bottom of what Spark says of a failed job, without the stack traces it has in its messages. */
    static String reason(Exception e) {
        Throwable cause = e;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null
                ? cause.toString()
                : cause.getMessage().lines().findFirst().orElse("");
    }

    /** A line of the result. */
    void result(String text) {
        out.println(text);
    }

    /** A line that is no result. */
    void note(String format, Object... values) {
        err.println(name + ": " + String.format(Locale.ROOT, format, values));
    }

    private void error(String message) {
        err.println(name + ": " + message);
    }
}
