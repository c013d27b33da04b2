package dev.kinglet.base;

import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names of options in messages. A message names an option by its key in backquotes, as in {@code leave out `val_every`}, or
 * begins with its key; a program shows it as its users type it.
 */
public final class OptionNames {
    private static final Pattern QUOTED = Pattern.compile("`([a-z][a-z0-9_]*)`");
    private static final Pattern FIRST = Pattern.compile("([a-z][a-z0-9_]*)(?=[ :])");

    private OptionNames() {}

    /** A key in a message. */
    public static String quoted(String key) {
        return "`" + key + "`";
    }

    /** A message with keys as they are, for one about a file that has them. */
    public static String asKeys(String message) {
        return in(message, key -> key, word -> word);
    }

    /**
     * A message with other names for its options.
     *
     * @param quoted the name for a key in backquotes
     * @param first the name for the word that the message begins with, which may be no key
     */
    public static String in(String message, UnaryOperator<String> quoted, UnaryOperator<String> first) {
        Matcher word = FIRST.matcher(message);
        String begun = word.lookingAt() ? first.apply(word.group(1)) + message.substring(word.end()) : message;
        return QUOTED.matcher(begun).replaceAll(key -> Matcher.quoteReplacement(quoted.apply(key.group(1))));
    }
}
