package dev.kinglet.image.augment;

import dev.kinglet.image.ImageTransform;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A few changes drawn from fifteen, all of one magnitude (Cubuk et al., 2019), in the form and with the names of timm:
 * {@code rand-m9-mstd0.5} is two changes of a magnitude near 9 of 10, each done with probability 0.5.
 *
 * @param magnitude from 0 to {@code most}; how far a change goes
 * @param magnitudeStd the magnitude of each change is normal around {@code magnitude} with this standard deviation; infinite:
 *     uniform from 0 to {@code magnitude}
 * @param most where magnitudes are cut off; changes go on beyond 10, which is the scale
 * @param layers changes drawn for an image, one after another
 * @param probability that a change that was drawn is done
 */
public record RandAugment(
        double magnitude, double magnitudeStd, double most, int layers, double probability, Levels levels) {
    /** The meaning of a higher magnitude. */
    public enum Levels {
        /** As in the first implementations: of some changes more is less. */
        MIXED,
        /** Always a stronger change; timm's {@code inc1}. */
        INCREASING
    }

    /** The changes that are drawn from, each as likely. */
    enum Change {
        AUTO_CONTRAST,
        EQUALIZE,
        INVERT,
        ROTATE,
        POSTERIZE,
        SOLARIZE,
        SOLARIZE_ADD,
        COLOR,
        CONTRAST,
        BRIGHTNESS,
        SHARPNESS,
        SHEAR_X,
        SHEAR_Y,
        TRANSLATE_X,
        TRANSLATE_Y
    }

    private static final Change[] CHANGES = Change.values();
    private static final double SCALE = 10;
    private static final double UNIFORM = 100; // timm's: a standard deviation above this means uniform
    private static final Pattern PART = Pattern.compile("(mstd|mmax|inc|m|n|p)(\\d+(?:\\.\\d+)?|\\.\\d+|inf)");

    public RandAugment {
        if (!(most > 0 && most < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("the largest magnitude, mmax, is above 0, not " + most);
        }
        if (!(magnitude >= 0 && magnitude <= most)) {
            throw new IllegalArgumentException("the magnitude, m, lies in [0, " + number(most) + "], not at "
                    + number(magnitude) + (magnitude > most ? "; raise mmax to go beyond" : ""));
        }
        if (!(magnitudeStd >= 0)) {
            throw new IllegalArgumentException("the magnitude's deviation, mstd, is 0 or more, not " + magnitudeStd);
        }
        if (layers < 1) {
            throw new IllegalArgumentException("at least 1 change, n, is drawn, not " + layers);
        }
        if (!(probability >= 0 && probability <= 1)) {
            throw new IllegalArgumentException("the probability, p, lies in [0, 1], not at " + probability);
        }
    }

    /**
     * The policy that timm's text describes: {@code rand}, and then any of {@code m} (magnitude, 10), {@code n} (changes, 2), {@code p}
     * (probability, 0.5), {@code mstd} (deviation of the magnitude, 0), {@code mmax} (largest magnitude, 10) and
     * {@code inc1}, each with a hyphen before it.
     *
     * @throws IllegalArgumentException if it is not of this form; the message says which part is not
     */
    public static RandAugment parse(String text) {
        String[] parts = text.strip().split("-", -1);
        if (!parts[0].equals("rand")) {
            throw refused(text, "'" + parts[0] + "' is not a policy that is known; it begins with 'rand'");
        }
        double magnitude = SCALE;
        double magnitudeStd = 0;
        double most = SCALE;
        int layers = 2;
        double probability = 0.5;
        Levels levels = Levels.MIXED;
        for (String part : List.of(parts).subList(1, parts.length)) {
            Matcher matcher = PART.matcher(part);
            if (!matcher.matches()) {
                throw refused(text, "'" + part + "' is none of m, n, p, mstd, mmax, inc with a number after it");
            }
            double value =
                    matcher.group(2).equals("inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(matcher.group(2));
            switch (matcher.group(1)) {
                case "m" -> magnitude = value;
                case "mstd" -> magnitudeStd = value > UNIFORM ? Double.POSITIVE_INFINITY : value;
                case "mmax" -> most = value;
                case "p" -> probability = value;
                case "n" -> {
                    if (value != (int) value) {
                        throw refused(text, "'" + part + "' is not a whole number of changes");
                    }
                    layers = (int) value;
                }
                default -> {
                    if (value != 1) {
                        throw refused(
                                text, "'" + part + "' is not 'inc1'; leave it out for levels that do not increase");
                    }
                    levels = Levels.INCREASING;
                }
            }
        }
        try {
            return new RandAugment(magnitude, magnitudeStd, most, layers, probability, levels);
        } catch (IllegalArgumentException e) {
            throw refused(text, String.valueOf(e.getMessage()));
        }
    }

    private static IllegalArgumentException refused(String text, String reason) {
        return new IllegalArgumentException(
                "'" + text + "' does not say how to augment: " + reason + "; an example is rand-m9-mstd0.5");
    }

    /** The shortest text that {@link #parse} makes this of. */
    public String key() {
        return "rand-m" + number(magnitude)
                + (magnitudeStd > 0 ? "-mstd" + number(magnitudeStd) : "")
                + (most == SCALE ? "" : "-mmax" + number(most))
                + (layers == 2 ? "" : "-n" + layers)
                + (probability == 0.5 ? "" : "-p" + number(probability))
                + (levels == Levels.INCREASING ? "-inc1" : "");
    }

    private static String number(double value) {
        if (value == Double.POSITIVE_INFINITY) {
            return "inf";
        }
        return value == Math.rint(value) ? String.format(Locale.ROOT, "%.0f", value) : Double.toString(value);
    }

    /**
     * The transform.
     *
     * @param samplings how turns, shears and moves read between pixels; one of them at random each time
     * @param fill what they show where the image has gone
     */
    ImageTransform transform(List<Sampling> samplings, RgbColor fill) {
        return new RandAugmentTransform(this, samplings, fill);
    }

    /** One of the changes, each as likely. */
    static Change drawnChange(RandomGenerator random) {
        return CHANGES[random.nextInt(CHANGES.length)];
    }

    double drawnMagnitude(RandomGenerator random) {
        double drawn = magnitude;
        if (magnitudeStd == Double.POSITIVE_INFINITY) {
            drawn = magnitude * random.nextDouble();
        } else if (magnitudeStd > 0) {
            drawn = magnitude + magnitudeStd * random.nextGaussian();
        }
        return Math.max(0, Math.min(most, drawn));
    }

    /** Degrees, bits, threshold, summand, factor or fraction of a side that a magnitude means for a change. */
    double argument(Change change, double size, RandomGenerator random) {
        double fraction = size / SCALE;
        boolean increasing = levels == Levels.INCREASING;
        return switch (change) {
            case AUTO_CONTRAST, EQUALIZE, INVERT -> 0;
            case ROTATE -> eitherWay(30 * fraction, random);
            case POSTERIZE -> within(0, 8, increasing ? 4 - (int) (fraction * 4) : (int) (fraction * 4));
            case SOLARIZE -> {
                int threshold = Math.min(256, (int) (fraction * 256));
                yield increasing ? 256 - threshold : threshold;
            }
            case SOLARIZE_ADD -> Math.min(128, (int) (fraction * 110));
            case COLOR, CONTRAST, BRIGHTNESS, SHARPNESS ->
                increasing ? Math.max(0.1, 1 + eitherWay(0.9 * fraction, random)) : 1.8 * fraction + 0.1;
            case SHEAR_X, SHEAR_Y -> eitherWay(0.3 * fraction, random);
            case TRANSLATE_X, TRANSLATE_Y -> eitherWay(0.45 * fraction, random);
        };
    }

    private static int within(int least, int most, int value) {
        return Math.max(least, Math.min(most, value));
    }

    private static double eitherWay(double value, RandomGenerator random) {
        return random.nextBoolean() ? -value : value;
    }
}
