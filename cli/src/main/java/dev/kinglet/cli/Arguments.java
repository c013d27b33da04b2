package dev.kinglet.cli;

import dev.kinglet.base.NearestName;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/** The words of a call. */
final class Arguments {
    private Arguments() {}

    /** The arguments with hyphens for underscores in the names of long options; {@code --} ends the options. */
    static String[] normalize(String[] args) {
        String[] result = args.length > 0 && args[0].equals("help") ? asOption(args) : args.clone();
        for (int i = 0; i < result.length && !result[i].equals("--"); i++) {
            if (result[i].startsWith("--")) {
                int end = result[i].indexOf('=') < 0 ? result[i].length() : result[i].indexOf('=');
                result[i] = result[i].substring(0, end).replace('_', '-') + result[i].substring(end);
            }
        }
        return result;
    }

    /** {@code help train} as {@code train --help}. */
    private static String[] asOption(String[] args) {
        String[] result = Arrays.copyOfRange(args, 1, args.length + 1);
        result[args.length - 1] = "--help";
        return result;
    }

    /** What to say of a word no command or option expects. */
    static String unknown(String word, List<String> options, Collection<String> commands) {
        if (word.startsWith("-")) {
            String name = word.contains("=") ? word.substring(0, word.indexOf('=')) : word;
            return "unknown option '" + name + "'" + NearestName.hint(name, options);
        }
        return commands.isEmpty()
                ? "'" + word + "' is one argument too many"
                : "unknown command '" + word + "'" + NearestName.hint(word, commands);
    }
}
