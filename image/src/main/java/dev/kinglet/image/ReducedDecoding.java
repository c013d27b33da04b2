package dev.kinglet.image;

import java.util.OptionalInt;
import java.util.random.RandomGenerator;

/**
 * A random part of an image, resized, for which a JPEG is decoded no larger than it has to be: at an eighth, a quarter or
 * a half of its sides where the part still has at least the pixels of the result. The part is the one that {@code crop}
 * would take, to whole pixels of the reduced image; the pixels differ a little, because a block's lower frequencies alone
 * are another filter than the resampler's.
 */
record ReducedDecoding(ImageTransform.RandomResizedCrop crop) implements ImageTransform {
    private static final int MAX_FACTOR = 8;

    @Override
    public RgbImage apply(RgbImage image, RandomGenerator random) {
        return crop.apply(image, random);
    }

    @Override
    public RgbImage apply(Image image, RandomGenerator random) throws ImageException {
        Box part = crop.part(image.width(), image.height(), random);
        RgbImage small = image.reduced(factor(part));
        Box reduced = scaled(part, image, small);
        return Resampler.resize(small, reduced, crop.pixels(), crop.pixels(), crop.interpolation());
    }

    @Override
    public OptionalInt side(OptionalInt before) {
        return crop.side(before);
    }

    /** The largest by which the part's sides may be divided. */
    private int factor(Box part) {
        int factor = MAX_FACTOR;
        while (factor > 1 && Math.min(part.width(), part.height()) < factor * crop.pixels()) {
            factor /= 2;
        }
        return factor;
    }

    private static Box scaled(Box part, Image from, RgbImage to) {
        int left = scaled(part.left(), from.width(), to.width());
        int top = scaled(part.top(), from.height(), to.height());
        int right = scaled(part.left() + part.width(), from.width(), to.width());
        int bottom = scaled(part.top() + part.height(), from.height(), to.height());
        return new Box(left, top, right - left, bottom - top);
    }

    private static int scaled(int at, int from, int to) {
        return Math.toIntExact(((long) at * to + from / 2) / from);
    }
}
