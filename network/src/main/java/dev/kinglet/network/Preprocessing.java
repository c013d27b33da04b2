package dev.kinglet.network;

import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Preprocessing of an image for a network: the shorter side, or both, are resized to {@link #resizedSide()} pixels, a square
 * of {@code inputSize} is cropped from the center, and each channel is normalized to {@code (value / 255 - mean) / std}. Every
 * file of a model carries it; validation, prediction and serving follow it.
 *
 * @param inputSize side of the square that the network takes, in pixels
 * @param cropPct fraction of the resized side that the crop keeps, in (0, 1]; torchvision's 224 of 256 is 0.875
 * @param resize whether the aspect ratio is kept
 * @param mean per channel, red, green, blue, on the scale 0 to 1
 * @param std per channel, on the same scale
 * @param orientation whether EXIF orientation is followed, before anything else
 */
public record Preprocessing(
        int inputSize,
        double cropPct,
        ResizeMode resize,
        Interpolation interpolation,
        List<Double> mean,
        List<Double> std,
        Orientation orientation) {
    /** Sides of an image that a resize sets. */
    public enum ResizeMode {
        /**
         * The shorter side; the longer keeps the aspect ratio, truncated to whole pixels: torchvision's {@code Resize(256)},
         * timm's crop mode {@code center}.
         */
        SHORTER {
            @Override
            public int side(int side, int other, int pixels) {
                return side <= other ? pixels : Math.toIntExact((long) pixels * side / other);
            }
        },
        /**
         * Both, to a square, whatever becomes of the aspect ratio: torchvision's {@code Resize((256, 256))}, timm's crop mode
         * {@code squash}.
         */
        EXACT {
            @Override
            public int side(int side, int other, int pixels) {
                return pixels;
            }
        };

        /**
         * Length of a side after the resize, in pixels.
         *
         * @param side its length before
         * @param other length of the side across, before
         * @param pixels length that the resize sets
         * @throws ArithmeticException if the result is no {@code int}
         */
        public abstract int side(int side, int other, int pixels);

        /** The name in files and options: {@code exact}. */
        public String key() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** @throws IllegalArgumentException if there is none of that name */
        public static ResizeMode of(String key) {
            for (ResizeMode mode : values()) {
                if (mode.key().equals(key)) {
                    return mode;
                }
            }
            throw new IllegalArgumentException("resize is shorter or exact, not '" + key + "'");
        }
    }

    private static final List<Double> IMAGENET_MEAN = List.of(0.485, 0.456, 0.406);
    private static final List<Double> IMAGENET_STD = List.of(0.229, 0.224, 0.225);

    public Preprocessing {
        mean = List.copyOf(mean);
        std = List.copyOf(std);
        if (inputSize < 1) {
            throw new IllegalArgumentException("the input size is at least 1 pixel, not " + inputSize);
        }
        if (!(cropPct > 0 && cropPct <= 1)) {
            throw new IllegalArgumentException("crop_pct lies in (0, 1], not at " + cropPct);
        }
        require("mean", mean, "finite", Double::isFinite);
        require("std", std, "above 0", value -> value > 0 && Double.isFinite(value));
    }

    private static void require(String name, List<Double> values, String what, Predicate<Double> condition) {
        if (values.size() != 3) {
            throw new IllegalArgumentException(name + " has one number for each of red, green and blue, not " + values);
        }
        if (!values.stream().allMatch(condition)) {
            throw new IllegalArgumentException(name + " is " + what + ", not " + values);
        }
    }

    /**
     * The same, if mean and std can be meant for values of 0 to 1. Others give them for values of 0 to 255; a value that a
     * person gives is to be asked for this, one that a file has is taken as it is.
     *
     * @throws IllegalArgumentException if one is above 1; the message has the values divided by 255
     */
    public Preprocessing requireScaleOfOne() {
        requireScaleOfOne("mean", mean);
        requireScaleOfOne("std", std);
        return this;
    }

    private static void requireScaleOfOne(String name, List<Double> values) {
        if (values.stream().anyMatch(value -> value > 1)) {
            throw new IllegalArgumentException(name + " is on the scale 0 to 1, not " + values
                    + "; divide values for images of 0 to 255 by 255: "
                    + values.stream()
                            .map(value -> String.format(Locale.ROOT, "%.3f", value / 255))
                            .collect(Collectors.joining(",")));
        }
    }

    /** Preprocessing that keeps the aspect ratio and ignores EXIF orientation. */
    public Preprocessing(
            int inputSize, double cropPct, Interpolation interpolation, List<Double> mean, List<Double> std) {
        this(inputSize, cropPct, ResizeMode.SHORTER, interpolation, mean, std, Orientation.IGNORED);
    }

    /** Torchvision's evaluation on ImageNet: 224 of 256 pixels, bilinear, ImageNet's mean and standard deviation. */
    public static Preprocessing imagenet() {
        return new Preprocessing(224, 0.875, Interpolation.BILINEAR, IMAGENET_MEAN, IMAGENET_STD);
    }

    /** Length of the sides that {@link #resize} sets, before the crop: {@code floor(inputSize / cropPct)} pixels. */
    public int resizedSide() {
        return (int) Math.floor(inputSize / cropPct);
    }

    /** Shape of the network's input, {@code 3 x inputSize x inputSize}. */
    public Shape shape() {
        return Shape.image(inputSize);
    }

    /** The same preprocessing for another input size. */
    public Preprocessing withInputSize(int pixels) {
        return new Preprocessing(pixels, cropPct, resize, interpolation, mean, std, orientation);
    }

    /** The same preprocessing with another crop. */
    public Preprocessing withCropPct(double fraction) {
        return new Preprocessing(inputSize, fraction, resize, interpolation, mean, std, orientation);
    }

    /** The same preprocessing with another resize. */
    public Preprocessing withResize(ResizeMode other) {
        return new Preprocessing(inputSize, cropPct, other, interpolation, mean, std, orientation);
    }

    /** The same preprocessing with another filter. */
    public Preprocessing withInterpolation(Interpolation other) {
        return new Preprocessing(inputSize, cropPct, resize, other, mean, std, orientation);
    }

    /** The same preprocessing with another mean and standard deviation. */
    public Preprocessing withNormalization(List<Double> otherMean, List<Double> otherStd) {
        return new Preprocessing(inputSize, cropPct, resize, interpolation, otherMean, otherStd, orientation);
    }

    /** The same preprocessing with another treatment of EXIF orientation. */
    public Preprocessing withOrientation(Orientation other) {
        return new Preprocessing(inputSize, cropPct, resize, interpolation, mean, std, other);
    }

    /**
     * Normalized value of each byte, {@code [channel][byte]}: float32 arithmetic in torchvision's order, so equal to its
     * result to the last bit.
     */
    public float[][] normalized() {
        float[][] table = new float[3][256];
        for (int channel = 0; channel < 3; channel++) {
            float m = mean.get(channel).floatValue();
            float s = std.get(channel).floatValue();
            for (int value = 0; value < 256; value++) {
                table[channel][value] = (value / 255f - m) / s;
            }
        }
        return table;
    }
}
