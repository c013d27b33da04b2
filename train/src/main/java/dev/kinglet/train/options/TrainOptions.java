package dev.kinglet.train.options;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.kinglet.base.ByteSize;
import dev.kinglet.base.FileNames;
import dev.kinglet.base.OptionNames;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Values for some of the options: of a recipe, a command line, a file. Immutable; laid over each other by {@link #over}. */
public final class TrainOptions {
    /** Key of what a file says of itself, in keys of its own: {@code title}, {@code source}. It is no option. */
    public static final String ABOUT = "about";

    private static final YAMLMapper YAML = YAMLMapper.builder()
            .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
            .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
            .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN)
            .build();
    private static final long MAX_BYTES = 1 << 18;
    private static final TrainOptions NONE = new TrainOptions(Map.of());

    private final Map<TrainOption, String> given;

    private TrainOptions(Map<TrainOption, String> given) {
        Map<TrainOption, String> copy = new EnumMap<>(TrainOption.class);
        copy.putAll(given);
        this.given = Collections.unmodifiableMap(copy);
    }

    /** No values. */
    public static TrainOptions none() {
        return NONE;
    }

    /** Every value of a configuration. */
    public static TrainOptions of(TrainConfig config) {
        Map<TrainOption, String> all = new EnumMap<>(TrainOption.class);
        for (TrainOption option : TrainOption.values()) {
            option.of(config).ifPresent(value -> all.put(option, value));
        }
        return new TrainOptions(all);
    }

    /**
     * The values in a YAML file.
     *
     * @throws IOException if it cannot be read
     * @throws IllegalArgumentException as {@link #parse}; the message begins with the file
     */
    public static TrainOptions read(Path file) throws IOException {
        FileNames.requireNoFolder(file);
        if (Files.size(file) > MAX_BYTES) {
            throw new IllegalArgumentException(file + " has " + ByteSize.mib(Files.size(file))
                    + "; expected a file of options, a line each, of at most " + ByteSize.mib(MAX_BYTES));
        }
        String yaml;
        try {
            yaml = Files.readString(file);
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(file + " is not text in UTF-8; expected YAML, lines of 'key: value'", e);
        }
        try {
            return parse(yaml);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
        }
    }

    /**
     * The values in a YAML document: {@code key: value}, or a section's keys one level down. A value that is {@code null} is
     * not given; what stands under {@link #ABOUT} is left alone.
     *
     * @throws IllegalArgumentException if it is not YAML, a key is unknown or given twice, or a value is not of the key's
     *     type; the message names line or key
     */
    public static TrainOptions parse(String yaml) {
        JsonNode root = tree(yaml);
        if (root.isMissingNode() || root.isNull()) {
            return none();
        }
        if (!root.isObject()) {
            throw new IllegalArgumentException("expected lines of 'key: value', found " + root.getNodeType());
        }
        Map<TrainOption, String> given = new EnumMap<>(TrainOption.class);
        List<String> unknown = new ArrayList<>();
        root.properties().stream()
                .filter(entry -> !entry.getKey().equals(ABOUT))
                .forEach(entry -> put(given, unknown, "", entry.getKey(), entry.getValue()));
        requireKnown(unknown);
        return new TrainOptions(given);
    }

    /** The document as it is. */
    static JsonNode tree(String yaml) {
        try {
            return YAML.readTree(yaml);
        } catch (JacksonException e) {
            int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
            throw new IllegalArgumentException(
                    "line " + line + " is not YAML that can be used: "
                            + e.getOriginalMessage().lines().findFirst().orElse(""),
                    e);
        }
    }

    private static void requireKnown(List<String> unknown) {
        if (!unknown.isEmpty()) {
            throw TrainOption.unknown(unknown);
        }
    }

    private static void put(
            Map<TrainOption, String> given, List<String> unknown, String section, String key, JsonNode value) {
        if (section.isEmpty() && value.isObject()) {
            value.properties().forEach(entry -> put(given, unknown, key + ".", entry.getKey(), entry.getValue()));
            return;
        }
        Optional<TrainOption> found = TrainOption.find(section + key);
        if (found.isEmpty()) {
            unknown.add(section + key);
            return;
        }
        TrainOption option = found.get();
        if (!value.isNull() && given.put(option, text(option, value)) != null) {
            throw new IllegalArgumentException(
                    OptionNames.quoted(option.key()) + " is given twice; leave one of them out");
        }
    }

    private static String text(TrainOption option, JsonNode value) {
        if (value.isObject()) {
            throw new IllegalArgumentException(option.key() + ": expected a value, found further keys");
        }
        if (!value.isArray()) {
            return canonical(option, value.asText());
        }
        List<String> elements = new ArrayList<>();
        value.forEach(element -> elements.add(element.isValueNode() ? element.asText() : element.toString()));
        return canonical(option, String.join(",", elements));
    }

    private static String canonical(TrainOption option, String text) {
        return TrainOption.text(option.parse(text.strip()));
    }

    /**
     * With one more value, or another.
     *
     * @throws IllegalArgumentException if the value is not of the option's type
     */
    public TrainOptions with(TrainOption option, String value) {
        Map<TrainOption, String> more = new EnumMap<>(TrainOption.class);
        more.putAll(given);
        more.put(option, canonical(option, value));
        return new TrainOptions(more);
    }

    /**
     * With one more value, or another, written as {@code lr=0.1} or {@code optimizer.lr=0.1}.
     *
     * @throws IllegalArgumentException if it is not of this form, the key is unknown or the value not of its type
     */
    public TrainOptions with(String assignment) {
        return with(List.of(assignment));
    }

    /** The same with several; an error names all unknown keys. */
    public TrainOptions with(List<String> assignments) {
        requireKnown(assignments.stream()
                .map(TrainOptions::keyOf)
                .filter(key -> TrainOption.find(key).isEmpty())
                .toList());
        TrainOptions all = this;
        for (String assignment : assignments) {
            all = all.with(TrainOption.of(keyOf(assignment)), assignment.substring(assignment.indexOf('=') + 1));
        }
        return all;
    }

    private static String keyOf(String assignment) {
        int equals = assignment.indexOf('=');
        if (equals < 1) {
            throw new IllegalArgumentException("expected key=value, as in lr=0.1, found '" + assignment + "'");
        }
        return assignment.substring(0, equals).strip();
    }

    /**
     * These values, and the others' for options that have none here. {@code pretrained} and {@code initial_checkpoint}
     * both say where weights come from: where one is given here, the others' say nothing of it.
     */
    public TrainOptions over(TrainOptions others) {
        Map<TrainOption, String> all = new EnumMap<>(TrainOption.class);
        all.putAll(others.given);
        if (given.containsKey(TrainOption.PRETRAINED) || given.containsKey(TrainOption.INITIAL_CHECKPOINT)) {
            all.remove(TrainOption.PRETRAINED);
            all.remove(TrainOption.INITIAL_CHECKPOINT);
        }
        all.putAll(given);
        return new TrainOptions(all);
    }

    /** The value given for an option. */
    public Optional<String> get(TrainOption option) {
        return Optional.ofNullable(given.get(option));
    }

    /** The value given for an option, or else its default value, parsed. */
    public Optional<Object> value(TrainOption option) {
        return get(option).or(option::defaultValue).map(option::parse);
    }

    /** The same without a value for an option. */
    TrainOptions without(TrainOption option) {
        Map<TrainOption, String> fewer = new EnumMap<>(TrainOption.class);
        fewer.putAll(given);
        fewer.remove(option);
        return new TrainOptions(fewer);
    }

    /** The options that have a value here. */
    public Set<TrainOption> given() {
        return given.keySet();
    }

    /** Lines of {@code key: value} that {@link #parse} reads back, in the order of the options, by section. */
    public String toYaml() {
        StringBuilder yaml = new StringBuilder();
        for (TrainOption.Section section : TrainOption.Section.values()) {
            Map<String, Object> values = new LinkedHashMap<>();
            given.forEach((option, text) -> {
                if (option.section() == section) {
                    values.put(option.key(), option.parse(text));
                }
            });
            if (!values.isEmpty()) {
                yaml.append("# ").append(section.key()).append('\n').append(write(values));
            }
        }
        return yaml.toString();
    }

    private static String write(Map<String, Object> values) {
        try {
            return YAML.writeValueAsString(values);
        } catch (JacksonException e) {
            throw new UncheckedIOException(e); // text and numbers can always be written
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TrainOptions o && given.equals(o.given);
    }

    @Override
    public int hashCode() {
        return given.hashCode();
    }

    @Override
    public String toString() {
        return given.toString();
    }
}
