package dev.kinglet.cli;

import dev.kinglet.base.NearestName;
import dev.kinglet.base.OptionNames;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import picocli.CommandLine.ParseResult;

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
                boolean alone = i + 1 < result.length && result[i + 1].startsWith("-");
                if (alone && result[i].equals("--resume")) { // else picocli takes a mistyped option for its value
                    result[i] += "=";
                }
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

    /** What to say of words that no command or option expects. */
    static String unknown(List<String> words, List<String> options, Collection<String> commands) {
        List<String> names = words.stream()
                .filter(word -> word.startsWith("-"))
                .map(word -> word.replaceFirst("=.*", ""))
                .toList();
        if (!names.isEmpty()) {
            return "unknown " + NearestName.unknown("option", names, options);
        }
        String word = words.get(0);
        return commands.isEmpty()
                ? "'" + word + "' is one argument too many"
                : "unknown command '" + word + "'" + NearestName.hint(word, commands);
    }

    /** A message with options as they are typed: with hyphens, but those of a file or {@code -o} by their keys. */
    static String asTyped(String message, ParseResult call) {
        ParseResult parsed = call.hasSubcommand() ? call.subcommand() : call;
        if (parsed.hasSubcommand()) {
            return asTyped(message, parsed);
        }
        boolean keys = parsed.hasMatchedOption("--config") || parsed.hasMatchedOption("--override");
        return OptionNames.in(
                message,
                key -> !parsed.hasMatchedOption(flag(key))
                                && (keys || parsed.commandSpec().findOption(flag(key)) == null)
                        ? key
                        : flag(key),
                word -> parsed.hasMatchedOption(flag(word)) ? flag(word) : word);
    }

    private static String flag(String key) {
        return "--" + key.replace('_', '-');
    }
}
