package dev.kinglet.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The names of a call's options as they were typed, {@code --batch_size}, for messages, which have them as they are parsed. */
final class TypedNames {
    private static final Pattern OPTION = Pattern.compile("(?<![\\w-])--[a-z][a-z0-9-]*");

    private final Map<String, String> typed = new LinkedHashMap<>(); // by the parsed name

    /** @param args as they were typed */
    TypedNames(String[] args) {
        for (String arg : args) {
            if (arg.equals("--")) {
                break;
            }
            if (arg.startsWith("--")) {
                String name = arg.replaceFirst("=.*", "");
                String hyphens = name.replace('_', '-');
                typed.putIfAbsent(ArticleSpellings.translate(args[0], hyphens), name);
                typed.putIfAbsent(hyphens, name);
            }
        }
    }

    /** A message with the names as they were typed. */
    String in(String message) {
        return OPTION.matcher(message)
                .replaceAll(name -> Matcher.quoteReplacement(typed.getOrDefault(name.group(), name.group())));
    }
}
