package dev.kinglet.network;

/** A square sliding window: side of the kernel and stride in pixels, and the padding of the image. */
public record Window(int kernel, int stride, Padding padding) {
    public Window {
        if (kernel < 1 || stride < 1) {
            throw new IllegalArgumentException(
                    "a window needs kernel >= 1 and stride >= 1, but has kernel " + kernel + ", stride " + stride);
        }
    }

    /** A {@code k x k} window at stride 1 that keeps height and width ("same" padding for odd {@code k}). */
    public static Window of(int kernel) {
        return new Window(kernel, 1, Padding.of(kernel / 2));
    }

    /** The same window moving {@code stride} pixels at a time. */
    public Window stride(int stride) {
        return new Window(kernel, stride, padding);
    }

    /** The same window with a padding of {@code pixels} on every side. */
    public Window padding(int pixels) {
        return padding(Padding.of(pixels));
    }

    /** The same window with another padding. */
    public Window padding(Padding other) {
        return new Window(kernel, stride, other);
    }

    /** Number of elements: {@code kernel * kernel}. */
    public int elements() {
        return kernel * kernel;
    }

    /** Output length along one axis: {@code floor((length + added - kernel) / stride) + 1}. */
    private int slide(int length, int before, int after) {
        int span = length + before + after - kernel;
        if (span < 0) {
            throw new IllegalArgumentException("a " + kernel + "-pixel window with padding "
                    + (before == after ? before : before + " and " + after) + " does not fit an axis of " + length
                    + " pixels");
        }
        return span / stride + 1;
    }

    Shape slide(Shape in, int channels) {
        return new Shape(
                channels,
                slide(in.height(), padding.top(), padding.bottom()),
                slide(in.width(), padding.left(), padding.right()));
    }

    @Override
    public String toString() {
        return kernel + "x" + kernel + (stride == 1 ? "" : "/" + stride);
    }
}
