package dev.kinglet.base;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** The known name that a mistyped one was probably meant to be. */
public final class NearestName {
    private static final int MIN_PART = 6; // letters; so many are hardly part of an unrelated name
    private static final int MAX_LENGTH = 200; // a longer one is no mistyped name

    private NearestName() {}

    /**
     * The known name with the fewest edits from {@code given} (insert, delete, replace, or swap of neighbors; case does
     * not count), if that is at most a third of its length or one contains the other; one that contains all of a longer
     * {@code given} comes first.
     */
    public static Optional<String> of(String given, Collection<String> known) {
        if (given.isBlank() || given.length() > MAX_LENGTH) {
            return Optional.empty();
        }
        String typed = given.toLowerCase(Locale.ROOT);
        return known.stream()
                .filter(name -> isNear(typed, name.toLowerCase(Locale.ROOT)))
                .min(Comparator.comparing((String name) -> typed.length() < MIN_PART
                                || !name.toLowerCase(Locale.ROOT).contains(typed))
                        .thenComparingInt(name -> edits(typed, name.toLowerCase(Locale.ROOT)))
                        .thenComparing(Comparator.naturalOrder()));
    }

    private static boolean isNear(String typed, String name) {
        return name.contains(typed) || typed.contains(name) || 3 * edits(typed, name) <= Math.max(3, name.length());
    }

    /** "; did you mean 'x'?" or nothing, to end an error message with. */
    public static String hint(String given, Collection<String> known) {
        return of(given, known).map(name -> "; did you mean '" + name + "'?").orElse("");
    }

    /** {@code option 'x'; did you mean 'y'?}, or {@code options 'x' (did you mean 'y'?), 'z'} of several unknown names. */
    public static String unknown(String what, Collection<String> given, Collection<String> known) {
        return unknown(what, given, name -> name, known);
    }

    /** The same, where only a part of each given name is compared with the known ones. */
    public static String unknown(
            String what, Collection<String> given, UnaryOperator<String> compared, Collection<String> known) {
        if (given.size() == 1) {
            String name = given.iterator().next();
            return what + " '" + name + "'" + hint(compared.apply(name), known);
        }
        return given.stream()
                .map(name -> "'" + name + "'"
                        + of(compared.apply(name), known)
                                .map(near -> " (did you mean '" + near + "'?)")
                                .orElse(""))
                .collect(Collectors.joining(", ", what + "s ", ""));
    }

    /** Optimal string alignment distance. */
    private static int edits(String a, String b) {
        int[][] cost = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    cost[i][j] = i + j;
                    continue;
                }
                int replaced = cost[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                cost[i][j] = Math.min(replaced, 1 + Math.min(cost[i - 1][j], cost[i][j - 1]));
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    cost[i][j] = Math.min(cost[i][j], 1 + cost[i - 2][j - 2]);
                }
            }
        }
        return cost[a.length()][b.length()];
    }
}
