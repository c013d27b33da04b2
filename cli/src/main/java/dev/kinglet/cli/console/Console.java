package dev.kinglet.cli.console;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Where a command prints: results to one stream, everything else to the other; both are UTF-8.
 *
 * @param terminal whether a person sees {@code err} as it comes, and progress bars make sense
 */
public record Console(PrintStream out, PrintStream err, boolean terminal) {
    /** The program as it was called, such as {@code ./kinglet}, for hints; the launcher passes it. */
    public static String program() {
        return System.getProperty("kinglet.command", "kinglet");
    }

    /** A line of the result. */
    public void result(String line) {
        out.println(line);
    }

    /** A line of the result, with numbers as everywhere in the program, whatever the machine's language. */
    public void result(String format, Object... values) {
        out.println(String.format(Locale.ROOT, format, values));
    }

    /** A line of progress. */
    public void note(String line) {
        err.println(line);
    }

    /** A line of progress, with numbers as everywhere in the program. */
    public void note(String format, Object... values) {
        err.println(String.format(Locale.ROOT, format, values));
    }

    /** The one line a failed command ends with. */
    public void error(String message) {
        err.println("kinglet: " + message.strip().replaceAll("\\s*\\R\\s*", " "));
    }

    public PrintWriter outWriter() {
        return new PrintWriter(out, true, StandardCharsets.UTF_8);
    }

    public PrintWriter errWriter() {
        return new PrintWriter(err, true, StandardCharsets.UTF_8);
    }
}
