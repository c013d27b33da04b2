package dev.kinglet.infer;

import dev.kinglet.network.Model;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.onnx.Quantizer;
import dev.kinglet.onnx.Range;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Writes a model as an ONNX file in bytes: a quarter of the size. Finds the ranges of the activations on images, leaves
 * in float the layers that would hurt most, and only keeps a file whose answers are still those of the network.
 */
public final class Int8Exporter {
    /** Least ratio of signal to noise in the logits, in decibels, that is let through: half the amplitude is noise. */
    public static final double LEAST_SIGNAL_TO_NOISE = 6;

    private static final int PROBES = 8; // images that each layer is tried on
    private static final double MAX_FIRST = 0.04; // share of all layers' noise from which on a layer is left in float
    private static final double SHARE = 0.27; // of the float file's bytes, that layers in float may bring the file to,
    private static final double MORE = 0.01; // or that they may add where the file has more than that without them

    private final Exporter exporter; // as files in float are exported
    private final CalibrationMethod method;
    private final Optional<Set<String>> floatLayers;

    /**
     * @param exporter what is done before; linear layers stay as they are
     * @param floatLayers names of the layers left in float; empty to choose them by measuring
     */
    public Int8Exporter(Exporter exporter, CalibrationMethod method, Optional<Set<String>> floatLayers) {
        this.exporter = exporter;
        this.method = method;
        this.floatLayers = floatLayers.map(names -> Collections.unmodifiableSet(new LinkedHashSet<>(names)));
    }

    /**
     * Exports as {@link Exporter} does, but in memory; calibrates, quantizes, measures and writes.
     *
     * @param calibration images as the network will be given, to find ranges on
     * @param measured other ones, to compare the two files on
     * @throws IllegalArgumentException if a layer to be left in float is none, or there are no images
     * @throws IllegalStateException if the float file does not agree with the model, or the quantized one says something
     *     else altogether; nothing is written then
     * @throws IOException if ONNX Runtime refuses a file, or it cannot be written
     */
    public Int8Report export(Model model, Samples calibration, Samples measured, Path file) throws IOException {
        if (calibration.size() == 0 || measured.size() == 0) {
            throw new IllegalArgumentException("there are no images to calibrate with");
        }
        Exporter.Compared compared = exporter.forBytes().compared(model, file);
        OnnxFile plain = compared.file();
        Quantizer quantizer = new Quantizer(plain);
        Map<String, Range> ranges = new LinkedHashMap<>();
        Map<String, float[]> means = new LinkedHashMap<>();
        Calibration.observe(plain, quantizer, file.toString(), calibration).forEach((activation, seen) -> {
            ranges.put(activation, method.range(seen));
            means.put(activation, seen.means());
        });
        String how = method.name().toLowerCase(Locale.ROOT) + " of " + calibration.size() + " images";
        Trial trial = new Trial(quantizer, ranges, means, file.toString(), how);
        int floatBytes = exporter.file(model).bytes().length;
        Set<String> kept = floatLayers.isPresent()
                ? floatLayers.get()
                : hurting(trial, plain, floatBytes, calibration.first(PROBES));
        OnnxFile quantized = trial.quantized(kept);
        float[] before = trial.logits(plain, measured);
        Fidelity fidelity = Fidelity.of(before, trial.logits(quantized, measured), measured.labels());
        if (!(fidelity.signalToNoise() >= LEAST_SIGNAL_TO_NOISE)) {
            throw new IllegalStateException(String.format(
                    Locale.ROOT,
                    "%s is not written: in bytes, its logits would be only %.1f dB above their difference from those of"
                            + " %s, and %.0f dB are needed; leave more layers in float, calibrate with more images"
                            + " like those it is for, or by another method",
                    file,
                    fidelity.signalToNoise(),
                    model.network().name(),
                    LEAST_SIGNAL_TO_NOISE));
        }
        quantized.write(file);
        return new Int8Report(compared.report(), floatBytes, quantized.bytes().length, kept, fidelity);
    }

    /** One way after another of quantizing the same file. */
    private record Trial(
            Quantizer quantizer, Map<String, Range> ranges, Map<String, float[]> means, String name, String how) {
        float[] logits(OnnxFile file, Samples samples) throws IOException {
            try (SessionPool session = new SessionPool(file, name, 1)) {
                return session.logits(samples.size(), samples.as(file.inputType()));
            }
        }

        /** What one layer alone adds to the logits. */
        double noise(String layer, float[] expected, Samples samples) throws IOException {
            Set<String> others = new LinkedHashSet<>(quantizer.layers());
            others.remove(layer);
            float[] found = logits(quantized(others), samples);
            return Fidelity.noise(expected, found);
        }

        OnnxFile quantized(Set<String> kept) {
            return quantizer.quantized(ranges, means, kept, how);
        }

        /** The bytes of the file when these layers are left in float. */
        int size(Set<String> kept) {
            return quantized(kept).bytes().length;
        }

        /** Adds those of the layers, one after the other, with which the file has at most {@code most} bytes. */
        void keep(Collection<String> layers, double most, Set<String> kept) {
            for (String layer : layers) {
                kept.add(layer);
                if (size(kept) > most) {
                    kept.remove(layer);
                }
            }
        }
    }

    /** The layers that add most to the noise, and those between them alone, as long as the file stays small. */
    private static Set<String> hurting(Trial trial, OnnxFile plain, int floatBytes, Samples probes) throws IOException {
        float[] expected = trial.logits(plain, probes);
        Map<String, Double> noise = new LinkedHashMap<>();
        for (String layer : trial.quantizer().layers()) {
            noise.put(layer, trial.noise(layer, expected, probes));
        }
        double all = noise.values().stream().mapToDouble(n -> n).sum();
        List<String> worst = noise.entrySet().stream()
                .filter(layer -> layer.getValue() > MAX_FIRST * all)
                .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
                .map(Map.Entry::getKey)
                .toList();
        Set<String> kept = new LinkedHashSet<>();
        int least = trial.size(kept);
        double most = least <= SHARE * floatBytes ? SHARE * floatBytes : least + MORE * floatBytes;
        trial.keep(worst, most, kept);
        trial.keep(trial.quantizer().enclosed(kept), most, kept); // bytes for one layer cost more than they gain
        return kept;
    }
}
