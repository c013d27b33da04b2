package dev.kinglet.base;

import java.util.List;
import java.util.Locale;

/** Constants of enums as people type them: in lower case, with hyphens. */
public final class Choice {
    private Choice() {}

    /** {@code five-crop} of {@code FIVE_CROP}. */
    public static String name(Object constant) {
        return ((Enum<?>) constant).name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * The constant of a name, in upper or lower case, with hyphens or underscores.
     *
     * @throws IllegalArgumentException if there is none; the message has all names, and the nearest
     */
    public static <E> E of(Class<E> type, String text) {
        String name = text.strip().toLowerCase(Locale.ROOT).replace('_', '-');
        List<E> constants = List.of(type.getEnumConstants());
        return constants.stream()
                .filter(constant -> name(constant).equals(name))
                .findFirst()
                .orElseThrow(() -> {
                    List<String> names = constants.stream().map(Choice::name).toList();
                    return new IllegalArgumentException("expected one of " + String.join(", ", names) + ", found '"
                            + text + "'" + NearestName.hint(name, names));
                });
    }
}
