package dev.kinglet.cli;

import dev.kinglet.base.FileNames;
import dev.kinglet.cli.console.Console;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The names of files that the program was given. Java reads them in the encoding of the locale; what that cannot express,
 * every byte beyond ASCII in the locale C, arrives as a replacement character, and the file cannot be opened.
 */
final class Names {
    private Names() {}

    /** Whether the arguments and the current folder arrived whole; if not, says what to do. */
    static boolean areReadable(String[] args, Console console) {
        if (FileNames.isUnicode()) {
            return true;
        }
        Optional<String> unreadable = Stream.concat(Stream.of(args), Stream.of(System.getProperty("user.dir", "")))
                .filter(name -> name.indexOf(FileNames.UNKNOWN) >= 0)
                .findFirst();
        unreadable.ifPresent(name -> console.error(FileNames.advice(name)));
        return unreadable.isEmpty();
    }
}
