package dev.kinglet.zoo;

import dev.kinglet.network.Card;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Network;
import dev.kinglet.network.Parameter;
import dev.kinglet.network.StateEntry;
import dev.kinglet.network.Tensors;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Weights and an image from a generator that needs no framework's random numbers, and the logits the authors' own code
 * gave for them in float64. Parity with the authors needs no file of weights that way.
 */
public final class Golden {
    private static final Pattern AUTHORS_FLOAT32 = Pattern.compile("float32 run differs max ([0-9.e+-]+);");

    private Golden() {}

    /** A 64-bit linear congruential generator; each draw is in [0, 1), of 24 bits. */
    public static final class Draws {
        private long state;

        /** Seeded with the state of the generator. */
        public Draws(long seed) {
            state = seed;
        }

        /** The next draw. */
        public double next() {
            state = state * 6364136223846793005L + 1442695040888963407L;
            return (state >>> 40) / (double) (1 << 24);
        }
    }

    /** The variant as published, with generated weights. */
    public static Model model(Variant variant) {
        Network network = variant.network();
        List<String> labels = IntStream.range(0, network.classes())
                .mapToObj(i -> "class " + i)
                .toList();
        return new Model(network, weights(network), new Card(variant.name(), labels, variant.preprocessing()));
    }

    /** Weights in the order of the state, every element one draw; masks, counts and positions as in a fresh network. */
    public static Tensors weights(Network network) {
        Draws draws = new Draws(42);
        Map<String, NdArray> tensors = new LinkedHashMap<>();
        for (StateEntry entry : network.state()) {
            Parameter p = entry.parameter();
            boolean running = p.name().startsWith("running_");
            tensors.put(
                    entry.name(),
                    p.trained() || running
                            ? drawn(p, draws)
                            : entry.layer().op().initialValue(p));
        }
        return new Tensors(tensors);
    }

    private static NdArray drawn(Parameter p, Draws draws) {
        boolean around1 = p.name().equals("running_var")
                || (p.name().equals("weight") && p.dims().size() == 1);
        double bound =
                p.dims().size() > 1 ? Math.sqrt(6.0 / (p.elements() / p.dims().get(0))) : 0;
        float[] values = new float[Math.toIntExact(p.elements())];
        for (int i = 0; i < values.length; i++) {
            double u = draws.next();
            values[i] = (float) (around1 ? 0.75 + 0.5 * u : bound == 0 ? 0.2 * (u - 0.5) : (2 * u - 1) * bound);
        }
        return new NdArray.Floats(p.dims(), values);
    }

    /** {@code [3, pixels, pixels]}: blocks of seven levels with a little noise. */
    public static float[] image(int pixels) {
        Draws draws = new Draws(7);
        int block = pixels > 64 ? 16 : 4;
        float[] image = new float[3 * pixels * pixels];
        int at = 0;
        for (int c = 0; c < 3; c++) {
            for (int i = 0; i < pixels; i++) {
                for (int j = 0; j < pixels; j++) {
                    int level = (i / block * 3 + j / block * 5 + c * 2) % 7;
                    image[at++] = (float) (level / 3.0 - 1.0 + 0.25 * (2 * draws.next() - 1));
                }
            }
        }
        return image;
    }

    /** The variants whose logits by the authors' code are on record. */
    public static List<Variant> recorded() {
        return with("golden/", ".logits.txt");
    }

    /** The variants of which there is a recorded file {@code folder + name + suffix}. */
    static List<Variant> with(String folder, String suffix) {
        return Zoo.all().stream()
                .filter(v -> Golden.class.getResource("/" + folder + v.name() + suffix) != null)
                .toList();
    }

    /** The state dict of the same network in timm, as recorded: name, type, shape and kind, with tabs between them. */
    public static List<String> timm(Variant variant) {
        return lines("timm/" + variant.name() + ".keys.txt");
    }

    /** Names of everything there is a recorded file of. */
    static List<String> recordedNames() throws IOException {
        List<String> names = new ArrayList<>();
        for (String folder : List.of("keys", "layers", "golden")) {
            try (InputStream in = Golden.class.getResourceAsStream("/" + folder)) { // of a folder: its file names
                new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8)
                        .lines()
                        .map(file -> file.replaceFirst("(_pruned|\\.keys|\\.layers|\\.logits)?\\.txt$", ""))
                        .forEach(names::add);
            }
        }
        return names;
    }

    /** How far from the authors' float64 logits a float32 run may be: ten times as far as theirs, or 1e-4. */
    public static double tolerance(Variant variant) {
        return Math.max(1e-4, 10 * authorsFloat32Difference(variant));
    }

    /** The authors' logits in float64, {@code [classes]}. */
    public static double[] logits(Variant variant) {
        return lines("golden/" + variant.name() + ".logits.txt").stream()
                .mapToDouble(Double::parseDouble)
                .toArray();
    }

    /** How far the authors' own float32 run is from their float64 one, relative to the logits' standard deviation. */
    private static double authorsFloat32Difference(Variant variant) {
        Matcher header = AUTHORS_FLOAT32.matcher(text("golden/" + variant.name() + ".logits.txt"));
        if (!header.find()) {
            throw new AssertionError("the record of " + variant.name() + " does not say how far float32 differs");
        }
        return Double.parseDouble(header.group(1)) / std(logits(variant));
    }

    /** The largest difference of two vectors, relative to the standard deviation of the second. */
    public static double largestDifference(double[] got, double[] want) {
        if (got.length != want.length) {
            throw new AssertionError(got.length + " values, not " + want.length);
        }
        double largest = 0;
        for (int i = 0; i < want.length; i++) {
            double difference = Math.abs(got[i] - want[i]);
            largest = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(largest, difference);
        }
        return largest / std(want);
    }

    /** {@link #largestDifference(double[], double[])} of float32 values. */
    public static double largestDifference(float[] got, double[] want) {
        return largestDifference(
                IntStream.range(0, got.length).mapToDouble(i -> got[i]).toArray(), want);
    }

    private static double std(double[] values) {
        double mean = Arrays.stream(values).average().orElseThrow();
        return Math.sqrt(Arrays.stream(values)
                .map(v -> (v - mean) * (v - mean))
                .average()
                .orElseThrow());
    }

    /** Lines of a recorded file, without comments. */
    static List<String> lines(String resource) {
        List<String> lines = new ArrayList<>();
        text(resource)
                .lines()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .forEach(lines::add);
        return lines;
    }

    private static String text(String resource) {
        try (InputStream in = Golden.class.getResourceAsStream("/" + resource)) {
            if (in == null) {
                throw new AssertionError("there is no recorded " + resource);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
