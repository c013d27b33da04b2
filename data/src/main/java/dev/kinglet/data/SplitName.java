package dev.kinglet.data;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Names for the folders and shards of a split, in upper or lower case, the usual one first. */
enum SplitName {
    TRAIN("train", "training"),
    VALIDATION("val", "valid", "validation"),
    TEST("test", "testing");

    @SuppressWarnings("ImmutableEnumChecker") // made by List.of
    private final List<String> names;

    SplitName(String... names) {
        this.names = List.of(names);
    }

    /** The split that a name stands for; empty if it stands for none, as a class's does. */
    static Optional<SplitName> of(String name) {
        return Arrays.stream(values())
                .filter(split -> split.names.contains(name.toLowerCase(Locale.ROOT)))
                .findFirst();
    }

    /** All names, for a pattern; longer ones before those they begin with. */
    static List<String> all() {
        return Arrays.stream(values())
                .flatMap(split -> split.names.stream())
                .sorted((a, b) -> b.length() - a.length())
                .toList();
    }

    /** The name of this split that is present: the usual one before others, lower case before upper case. */
    Optional<String> in(Collection<String> present) {
        return names.stream()
                .flatMap(name -> Stream.concat(
                        present.stream().filter(name::equals),
                        present.stream().filter(name::equalsIgnoreCase).sorted()))
                .findFirst();
    }

    /** The present name that a name refers to: itself, itself in other case, or another name of the same split. */
    static Optional<String> meant(String name, Collection<String> present) {
        return Stream.concat(
                        present.stream().filter(name::equals),
                        present.stream().filter(name::equalsIgnoreCase).sorted())
                .findFirst()
                .or(() -> of(name).flatMap(split -> split.in(present)));
    }
}
