package dev.kinglet.infer;

import dev.kinglet.infer.Int8Report.Fidelity;
import dev.kinglet.network.Model;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.onnx.QuantizationRange;
import dev.kinglet.onnx.Quantizer;
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
 * Writes a model as an int8-quantized ONNX file, a quarter of the size. Calibrates the ranges of the activations on images,
 * keeps the layers with the largest quantization noise in float32, and writes the file only if its logits still agree with
 * the model's.
 */
public final class Int8Exporter {
    /** Lowest SQNR of the logits, in dB, that is accepted: half the amplitude is noise. */
    public static final double MIN_SQNR = 6;

    /** Images on which the noise of each layer is measured. */
    private static final int PROBES = 8;

    /** Fraction of all layers' noise above which a layer is a candidate to stay float32. */
    private static final double MAX_NOISE = 0.04;

    /** Size, as a fraction of the float32 file's, up to which layers stay float32. */
    private static final double MAX_SIZE = 0.27;

    /** Size that float32 layers may add, as a fraction of the float32 file's, to a file that is larger without any. */
    private static final double MAX_EXTRA_SIZE = 0.01;

    private final Exporter exporter; // of the float32 file
    private final CalibrationMethod method;
    private final Optional<Set<String>> floatLayers;

    /**
     * @param exporter exports the float32 file that is quantized; linear layers stay as they are
     * @param floatLayers names of the layers kept in float32; empty to choose them by measuring
     */
    public Int8Exporter(Exporter exporter, CalibrationMethod method, Optional<Set<String>> floatLayers) {
        this.exporter = exporter;
        this.method = method;
        this.floatLayers = floatLayers.map(names -> Collections.unmodifiableSet(new LinkedHashSet<>(names)));
    }

    /**
     * Exports the float32 file in memory, calibrates, quantizes, measures and writes.
     *
     * @param calibration images like those the network will see, for the ranges
     * @param measured other images, on which the two files are compared
     * @throws IllegalArgumentException if a layer to keep in float32 does not exist, or there are no images
     * @throws IllegalStateException if the float32 file does not agree with the model, or the quantized file's SQNR is below
     *     {@link #MIN_SQNR}; nothing is written then
     * @throws IOException if ONNX Runtime refuses a file, or it cannot be written
     */
    public Int8Report export(Model model, Samples calibration, Samples measured, Path file) throws IOException {
        if (calibration.size() == 0 || measured.size() == 0) {
            throw new IllegalArgumentException("there are no images to calibrate with");
        }
        Exporter.Compared compared = exporter.forInt8().compared(model, file);
        OnnxFile plain = compared.file();
        Quantizer quantizer = new Quantizer(plain);
        Map<String, QuantizationRange> ranges = new LinkedHashMap<>();
        Map<String, float[]> means = new LinkedHashMap<>();
        ActivationHistograms.observe(plain, quantizer, file.toString(), calibration)
                .forEach((activation, histogram) -> {
                    ranges.put(activation, method.range(histogram));
                    means.put(activation, histogram.means());
                });
        String how = method.name().toLowerCase(Locale.ROOT) + " of " + calibration.size() + " images";
        Trial trial = new Trial(quantizer, ranges, means, file.toString(), how);
        int floatBytes = exporter.file(model).bytes().length;
        Set<String> kept = floatLayers.isPresent()
                ? floatLayers.get()
                : noisiest(trial, plain, floatBytes, calibration.first(PROBES));
        OnnxFile quantized = trial.quantized(kept);
        float[] before = trial.logits(plain, measured);
        Fidelity fidelity = Fidelity.of(before, trial.logits(quantized, measured), measured.labels());
        if (!(fidelity.sqnr() >= MIN_SQNR)) {
            throw new IllegalStateException(String.format(
                    Locale.ROOT,
                    "%s is not written: quantized to int8, its logits would have an SQNR of only %.1f dB against those of"
                            + " %s, and %.0f dB are needed; keep more layers in float32, calibrate with more images"
                            + " like those it is for, or by another method",
                    file,
                    fidelity.sqnr(),
                    model.network().name(),
                    MIN_SQNR));
        }
        exporter.write(quantized, file);
        return new Int8Report(compared.report(), floatBytes, quantized.bytes().length, kept, fidelity);
    }

    /** Quantizes one file repeatedly, with different layers kept in float32. */
    private record Trial(
            Quantizer quantizer,
            Map<String, QuantizationRange> ranges,
            Map<String, float[]> means,
            String name,
            String how) {
        float[] logits(OnnxFile file, Samples samples) throws IOException {
            try (SessionPool session = new SessionPool(file, name, 1)) {
                return session.logits(samples.size(), samples.as(file.inputType()));
            }
        }

        /** Noise in the logits with this layer alone quantized. */
        double noise(String layer, float[] expected, Samples samples) throws IOException {
            Set<String> others = new LinkedHashSet<>(quantizer.layers());
            others.remove(layer);
            float[] found = logits(quantized(others), samples);
            return Fidelity.noise(expected, found);
        }

        OnnxFile quantized(Set<String> kept) {
            return quantizer.quantized(ranges, means, kept, how);
        }

        /** Size of the file with these layers kept in float32. */
        int size(Set<String> kept) {
            return quantized(kept).bytes().length;
        }

        /** Keeps those of the layers, in order, with which the file still has at most {@code maxBytes} bytes. */
        void keep(Collection<String> layers, double maxBytes, Set<String> kept) {
            for (String layer : layers) {
                kept.add(layer);
                if (size(kept) > maxBytes) {
                    kept.remove(layer);
                }
            }
        }
    }

    /** The layers with the largest noise, and those enclosed by them, as long as the file stays small. */
    private static Set<String> noisiest(Trial trial, OnnxFile plain, int floatBytes, Samples probes)
            throws IOException {
        float[] expected = trial.logits(plain, probes);
        Map<String, Double> noise = new LinkedHashMap<>();
        for (String layer : trial.quantizer().layers()) {
            noise.put(layer, trial.noise(layer, expected, probes));
        }
        double all = noise.values().stream().mapToDouble(n -> n).sum();
        List<String> worst = noise.entrySet().stream()
                .filter(layer -> layer.getValue() > MAX_NOISE * all)
                .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
                .map(Map.Entry::getKey)
                .toList();
        Set<String> kept = new LinkedHashSet<>();
        int smallest = trial.size(kept);
        double maxBytes =
                smallest <= MAX_SIZE * floatBytes ? MAX_SIZE * floatBytes : smallest + MAX_EXTRA_SIZE * floatBytes;
        trial.keep(worst, maxBytes, kept);
        // conversion to int8 and back for one layer costs more than it gains
        trial.keep(trial.quantizer().enclosed(kept), maxBytes, kept);
        return kept;
    }
}
