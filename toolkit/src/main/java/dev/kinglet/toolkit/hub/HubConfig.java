package dev.kinglet.toolkit.hub;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kinglet.base.NearestName;
import dev.kinglet.base.Printable;
import dev.kinglet.network.Interpolation;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Preprocessing.ResizeMode;
import dev.kinglet.zoo.Variant;
import dev.kinglet.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * A repository's {@code config.json}, as timm writes it: network and classes at the root, preprocessing in {@code
 * pretrained_cfg}; or everything in one dictionary, as timm wrote it before 2022. Values at the root come first.
 *
 * @param source what to call it in messages
 */
record HubConfig(String source, JsonNode root) {
    static final int MAX_BYTES = 8 << 20; // names and descriptions of 21,000 classes are 2 MiB

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ARCHITECTURE = "architecture";
    private static final String PRETRAINED_CFG = "pretrained_cfg";
    private static final int MAX_CLASSES = 1_000_000;

    /** @throws IOException if it is not a JSON object */
    static HubConfig parse(String source, String json) throws IOException {
        try {
            JsonNode root = JSON.readTree(json);
            if (root != null && root.isObject()) {
                return new HubConfig(source, root);
            }
        } catch (JacksonException e) {
            throw new IOException(source + " is not JSON: " + Printable.of(e.getOriginalMessage()), e);
        }
        throw new IOException(source + " holds no JSON object");
    }

    /** A value at the root, or else in the part that is about pretrained weights; missing: neither has it. */
    private JsonNode value(String key) {
        JsonNode own = root.path(key);
        return own.isMissingNode() || own.isNull() ? root.path(PRETRAINED_CFG).path(key) : own;
    }

    /**
     * The network of the zoo: by its name in timm, or by its own.
     *
     * @throws IOException if none is named, or one that the zoo does not have
     */
    Variant variant() throws IOException {
        JsonNode architecture = value(ARCHITECTURE);
        if (!architecture.isTextual()) {
            throw new IOException(source + " names no 'architecture', as timm's do");
        }
        String name = architecture.textValue();
        Optional<Variant> variant = Zoo.all().stream()
                .filter(known -> known.name().equals(name)
                        || known.published().timm().filter(name::equals).isPresent())
                .findFirst();
        if (variant.isPresent()) {
            return variant.get();
        }
        List<String> known = Zoo.all().stream()
                .flatMap(v -> Stream.concat(Stream.of(v.name()), v.published().timm().stream()))
                .distinct()
                .toList();
        throw new IOException(source + ": its architecture '" + Printable.of(name) + "' is no network of kinglet models"
                + NearestName.hint(name, known));
    }

    /**
     * What it says of the weights in a file.
     *
     * @param pinned what to call their source
     * @throws IOException if a value cannot be used; the message names it
     */
    PretrainedWeights weights(String pinned, Path file) throws IOException {
        Variant variant = variant();
        List<String> remarks = new ArrayList<>();
        OptionalInt classes = classes();
        return new PretrainedWeights(
                pinned,
                file,
                Optional.of(variant),
                Optional.of(preprocessing(variant.preprocessing(), remarks)),
                classes,
                labels(classes, remarks),
                remarks);
    }

    private OptionalInt classes() throws IOException {
        JsonNode classes = value("num_classes");
        if (classes.isMissingNode() || classes.isNull()) {
            return OptionalInt.empty();
        }
        int count = classes.canConvertToInt() ? classes.intValue() : -1;
        if (count < 0 || count > MAX_CLASSES) {
            throw new IOException(source + ": num_classes is " + printed(classes) + ", where a number is expected");
        }
        return count == 0 ? OptionalInt.empty() : OptionalInt.of(count); // 0: features without a head
    }

    private Preprocessing preprocessing(Preprocessing published, List<String> remarks) throws IOException {
        try {
            return new Preprocessing(
                    inputSize(published.inputSize()),
                    value("crop_pct").asDouble(published.cropPct()),
                    resize(published.resize(), remarks),
                    interpolation(published.interpolation(), remarks),
                    numbers("mean", published.mean()),
                    numbers("std", published.std()),
                    published.orientation());
        } catch (IllegalArgumentException e) {
            throw new IOException(source + ": " + e.getMessage(), e);
        }
    }

    /** timm's crop mode {@code center} or {@code squash}; {@code border}, which pads the whole image, is not supported. */
    private ResizeMode resize(ResizeMode published, List<String> remarks) {
        JsonNode mode = value("crop_mode");
        if (mode.isMissingNode() || mode.isNull()) {
            return published;
        }
        String key = mode.asText();
        if (!key.equals("center") && !key.equals("squash")) {
            remarks.add(source + " has crop_mode " + Printable.of(key)
                    + ", which is not supported; the aspect ratio is kept"
                    + " and the center cropped instead, so answers differ from those of its authors");
        }
        return key.equals("squash") ? ResizeMode.EXACT : ResizeMode.SHORTER;
    }

    /** {@code [3, height, width]}, a square. */
    private int inputSize(int published) throws IOException {
        JsonNode size = value("input_size");
        if (size.isMissingNode() || size.isNull()) {
            return published;
        }
        if (size.size() == 3
                && size.path(0).asInt() == 3
                && size.path(1).asInt() == size.path(2).asInt()) {
            return size.path(1).asInt();
        }
        throw new IOException(
                source + ": input_size is " + printed(size) + ", where [3, N, N] is expected, a square of 3 channels");
    }

    private Interpolation interpolation(Interpolation published, List<String> remarks) {
        String key = value("interpolation").asText(published.key());
        for (Interpolation known : Interpolation.values()) {
            if (known.key().equals(key)) {
                return known;
            }
        }
        remarks.add(source + " has interpolation " + Printable.of(key) + ", which is not known; "
                + Interpolation.BICUBIC.key() + " is nearest");
        return Interpolation.BICUBIC;
    }

    private List<Double> numbers(String key, List<Double> published) {
        JsonNode numbers = value(key);
        List<Double> values = new ArrayList<>();
        numbers.forEach(number -> values.add(number.asDouble(Double.NaN)));
        return values.isEmpty() ? published : values;
    }

    /** Names by index, in words where names are only keys of descriptions; none if they are not one for each class. */
    private List<String> labels(OptionalInt classes, List<String> remarks) {
        JsonNode names = value("label_names");
        names = names.isMissingNode() || names.isNull() ? value("labels") : names;
        if (!names.isContainerNode() || names.isEmpty()) {
            return List.of();
        }
        List<String> labels = new ArrayList<>();
        JsonNode descriptions = value("label_descriptions");
        for (int index = 0; index < names.size(); index++) {
            JsonNode name = names.isArray() ? names.get(index) : names.path(Integer.toString(index));
            if (!name.isTextual()) {
                remarks.add(source + ": its label_names are not one text for each class, and are not used");
                return List.of();
            }
            labels.add(descriptions.path(name.textValue()).asText(name.textValue()));
        }
        if (classes.isPresent() && classes.getAsInt() != labels.size()) {
            remarks.add(source + " names " + labels.size() + " classes of " + classes.getAsInt()
                    + ", and the names are not used");
            return List.of();
        }
        return labels;
    }

    private static String printed(JsonNode value) {
        return Printable.of(value.toString());
    }
}
