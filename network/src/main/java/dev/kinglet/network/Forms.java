package dev.kinglet.network;

import java.util.Arrays;
import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The forms that convolutions in groups are to be given, by the layer's name where it is after {@link ConvertLearnedGroups}.
 * For layers that are not named, each rewrite has a rule.
 */
public record Forms(Map<String, Form> byLayer) {
    private static final Forms BY_RULE = new Forms(Map.of());

    public Forms {
        byLayer = Collections.unmodifiableMap(new TreeMap<>(byLayer));
    }

    /** Everything by rule. */
    public static Forms byRule() {
        return BY_RULE;
    }

    /** What a layer is to become; empty where the rule decides. */
    Optional<Form> of(Layer layer) {
        return Optional.ofNullable(byLayer.get(layer.name()));
    }

    /** The same with another form for some layers. */
    public Forms with(Iterable<String> layers, Form form) {
        Map<String, Form> changed = new TreeMap<>(byLayer);
        layers.forEach(layer -> changed.put(layer, form));
        return new Forms(changed);
    }

    /** {@code name=form,...}, as in a file's metadata; empty where everything is by rule. */
    public String text() {
        return byLayer.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue().label())
                .collect(Collectors.joining(","));
    }

    /** The reverse of {@link #text()}. @throws IllegalArgumentException if it is not such a text */
    public static Forms parse(String text) {
        Map<String, Form> forms = new TreeMap<>();
        for (String entry : text.isEmpty() ? new String[0] : text.split(",", -1)) {
            int equals = entry.lastIndexOf('=');
            String label = entry.substring(equals + 1);
            Form form = Arrays.stream(Form.values())
                    .filter(known -> known.label().equals(label))
                    .findFirst()
                    .orElseThrow(
                            () -> new IllegalArgumentException("'" + entry + "' is not a layer's name, '=' and one of "
                                    + Arrays.toString(Form.values()).toLowerCase(Locale.ROOT)));
            if (equals < 1 || forms.put(entry.substring(0, equals), form) != null) {
                throw new IllegalArgumentException("'" + entry + "' names no layer, or one that is named before it");
            }
        }
        return new Forms(forms);
    }
}
