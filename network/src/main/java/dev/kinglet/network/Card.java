package dev.kinglet.network;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * Model metadata that travels in the file of a model, so that it needs no other file: the network, the preprocessing of its
 * images and the classes of its outputs.
 *
 * @param model the variant's name in the zoo
 * @param labels class names, by index of the output
 * @param background index of a class that stands for "none of these" and is dropped from answers
 * @param provenance origin of the weights, by metadata key: {@link #RECIPE}, {@link #DATASET_DIGEST}, {@link #COMMIT},
 *     {@link #TOP1}, {@link #REWRITES}, {@link #VERSION}, and for tuned convolutions {@link
 *     #CONV_PLAN} and {@link #TUNED_ON}; any of them may be absent
 * @param temperature by which logits are divided before the softmax, so that scores are as often right as they say (Guo et
 *     al., 2017); none in a model that was not calibrated
 * @param rejection what tells images of none of the classes; none in a model that answers them like all others
 */
public record Card(
        String model,
        List<String> labels,
        Preprocessing preprocessing,
        OptionalInt background,
        Map<String, String> provenance,
        OptionalDouble temperature,
        Optional<Rejection> rejection) {
    public static final String VERSION = "kinglet.version";
    public static final String RECIPE = "recipe";
    public static final String DATASET_DIGEST = "dataset_digest";
    public static final String COMMIT = "commit";
    public static final String TOP1 = "top1";
    public static final String REWRITES = "rewrites";
    public static final String CONV_PLAN = "forms";
    public static final String TUNED_ON = "tuned_on";

    private static final String MODEL = "model";
    private static final String NUM_CLASSES = "num_classes";
    private static final String LABELS = "labels";
    private static final String INPUT_SIZE = "input_size";
    private static final String CROP_PCT = "crop_pct";
    private static final String RESIZE = "resize"; // only where the aspect ratio is not kept
    private static final String INTERPOLATION = "interpolation";
    private static final String MEAN = "mean";
    private static final String STD = "std";
    private static final String EXIF_ORIENTATION = "exif_orientation"; // only where images are transposed
    private static final String BACKGROUND = "background";
    private static final String TEMPERATURE = "temperature"; // only where the model was calibrated
    private static final List<String> PROVENANCE =
            List.of(VERSION, RECIPE, DATASET_DIGEST, COMMIT, TOP1, REWRITES, CONV_PLAN, TUNED_ON);

    public Card {
        labels = List.copyOf(labels);
        provenance = Map.copyOf(provenance);
        if (labels.isEmpty()) {
            throw new IllegalArgumentException("a card names at least one class");
        }
        if (background.isPresent() && (background.getAsInt() < 0 || background.getAsInt() >= labels.size())) {
            throw new IllegalArgumentException(
                    "background is a class of 0 to " + (labels.size() - 1) + ", not " + background.getAsInt());
        }
        if (temperature.isPresent()
                && !(temperature.getAsDouble() > 0 && temperature.getAsDouble() < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("temperature is a positive number, not " + temperature.getAsDouble());
        }
        for (String key : provenance.keySet()) {
            if (!PROVENANCE.contains(key)) {
                throw new IllegalArgumentException("'" + key + "' is not one of " + PROVENANCE);
            }
        }
    }

    /** A card without background and provenance. */
    public Card(String model, List<String> labels, Preprocessing preprocessing) {
        this(model, labels, preprocessing, OptionalInt.empty(), Map.of());
    }

    /** A card of a model that was not calibrated. */
    public Card(
            String model,
            List<String> labels,
            Preprocessing preprocessing,
            OptionalInt background,
            Map<String, String> provenance) {
        this(model, labels, preprocessing, background, provenance, OptionalDouble.empty(), Optional.empty());
    }

    /** The same card with other preprocessing. */
    public Card with(Preprocessing other) {
        return new Card(model, labels, other, background, provenance, temperature, rejection);
    }

    /** The same card with a temperature. */
    public Card withTemperature(double fitted) {
        return new Card(model, labels, preprocessing, background, provenance, OptionalDouble.of(fitted), rejection);
    }

    /** The same card with a threshold for images of none of the classes. */
    public Card with(Rejection chosen) {
        return new Card(model, labels, preprocessing, background, provenance, temperature, Optional.of(chosen));
    }

    /** The same card without temperature and rejection: scores are the softmax of the logits themselves. */
    public Card uncalibrated() {
        return new Card(model, labels, preprocessing, background, provenance);
    }

    /** The same card with one more entry of provenance. */
    public Card with(String key, String value) {
        Map<String, String> more = new LinkedHashMap<>(provenance);
        more.put(key, value);
        return new Card(model, labels, preprocessing, background, more, temperature, rejection);
    }

    /** The logits of one image without the background class's. */
    public float[] withoutBackground(float[] logits) {
        if (background.isEmpty()) {
            return logits;
        }
        float[] others = new float[logits.length - 1];
        int left = background.getAsInt();
        System.arraycopy(logits, 0, others, 0, left);
        System.arraycopy(logits, left + 1, others, left, others.length - left);
        return others;
    }

    /**
     * Whether an image is of none of the classes; never, if the card has no {@link #rejection}.
     *
     * @param logits of all outputs
     */
    public boolean isUnknown(float[] logits) {
        return rejection.isPresent() && rejection.get().rejects(withoutBackground(logits));
    }

    /** Metadata entries of a file, for safetensors' {@code __metadata__} and ONNX's {@code metadata_props} alike. */
    public Map<String, String> toMetadata() {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put(MODEL, model);
        metadata.put(NUM_CLASSES, Integer.toString(labels.size()));
        metadata.put(LABELS, JsonArrays.ofStrings(labels));
        metadata.put(INPUT_SIZE, Integer.toString(preprocessing.inputSize()));
        metadata.put(CROP_PCT, Double.toString(preprocessing.cropPct()));
        if (preprocessing.resize() != Preprocessing.ResizeMode.SHORTER) {
            metadata.put(RESIZE, preprocessing.resize().key());
        }
        metadata.put(INTERPOLATION, preprocessing.interpolation().key());
        metadata.put(MEAN, JsonArrays.ofNumbers(preprocessing.mean()));
        metadata.put(STD, JsonArrays.ofNumbers(preprocessing.std()));
        if (preprocessing.orientation() != Orientation.IGNORED) {
            metadata.put(EXIF_ORIENTATION, preprocessing.orientation().key());
        }
        background.ifPresent(index -> metadata.put(BACKGROUND, Integer.toString(index)));
        temperature.ifPresent(value -> metadata.put(TEMPERATURE, Double.toString(value)));
        rejection.ifPresent(chosen -> metadata.putAll(chosen.toMetadata()));
        for (String key : PROVENANCE) {
            String value = provenance.get(key);
            if (value != null) {
                metadata.put(key, value);
            }
        }
        return metadata;
    }

    /**
     * The card of a file's metadata entries; unknown entries are ignored.
     *
     * @throws IOException if an entry is missing or cannot be read; the message names it
     */
    public static Card fromMetadata(Map<String, String> metadata) throws IOException {
        Map<String, String> provenance = new LinkedHashMap<>(metadata);
        provenance.keySet().retainAll(PROVENANCE);
        List<String> labels = JsonArrays.strings(LABELS, required(metadata, LABELS));
        String background = metadata.get(BACKGROUND);
        String temperature = metadata.get(TEMPERATURE);
        try {
            int classes = Integer.parseInt(required(metadata, NUM_CLASSES));
            if (classes != labels.size()) {
                throw new IOException("num_classes is " + classes + ", but there are " + labels.size() + " labels");
            }
            Preprocessing preprocessing = new Preprocessing(
                    Integer.parseInt(required(metadata, INPUT_SIZE)),
                    Double.parseDouble(required(metadata, CROP_PCT)),
                    Preprocessing.ResizeMode.of(metadata.getOrDefault(RESIZE, Preprocessing.ResizeMode.SHORTER.key())),
                    Interpolation.of(required(metadata, INTERPOLATION)),
                    JsonArrays.numbers(MEAN, required(metadata, MEAN)),
                    JsonArrays.numbers(STD, required(metadata, STD)),
                    Orientation.of(metadata.getOrDefault(EXIF_ORIENTATION, Orientation.IGNORED.key())));
            return new Card(
                    required(metadata, MODEL),
                    labels,
                    preprocessing,
                    background == null ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(background)),
                    provenance,
                    temperature == null ? OptionalDouble.empty() : OptionalDouble.of(Double.parseDouble(temperature)),
                    Rejection.fromMetadata(metadata));
        } catch (IllegalArgumentException e) { // not a number, or a value that a record refuses
            throw new IOException("the file's metadata cannot be used: " + e.getMessage(), e);
        }
    }

    private static String required(Map<String, String> metadata, String key) throws IOException {
        String value = metadata.get(key);
        if (value == null) {
            throw new IOException("the file's metadata has no '" + key + "'; it was not written by Kinglet");
        }
        return value;
    }
}
