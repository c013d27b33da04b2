package dev.kinglet.network;

/** A square sliding window: kernel side, stride and symmetric padding, all in pixels. */
public record Window(int kernel, int stride, int padding) {
    public Window {
        if (kernel < 1 || stride < 1 || padding < 0) {
            throw new IllegalArgumentException(
                    "a window needs kernel >= 1, stride >= 1 and padding >= 0, but has kernel " + kernel + ", stride "
                            + stride + ", padding " + padding);
        }
    }

    /** A {@code k x k} window at stride 1 that keeps height and width ("same" padding for odd {@code k}). */
    public static Window of(int kernel) {
        return new Window(kernel, 1, kernel / 2);
    }

    /** The same window moving {@code stride} pixels at a time. */
    public Window stride(int stride) {
        return new Window(kernel, stride, padding);
    }

    /** The same window over an image with {@code padding} pixels added on every side. */
    public Window padding(int padding) {
        return new Window(kernel, stride, padding);
    }

    /** Output length along one axis: {@code floor((length + 2 padding - kernel) / stride) + 1}. */
    int slide(int length) {
        int span = length + 2 * padding - kernel;
        if (span < 0) {
            throw new IllegalArgumentException("a " + kernel + "-pixel window with padding " + padding
                    + " does not fit an axis of " + length + " pixels");
        }
        return span / stride + 1;
    }

    Shape slide(Shape in, int channels) {
        return new Shape(channels, slide(in.height()), slide(in.width()));
    }

    @Override
    public String toString() {
        return kernel + "x" + kernel + (stride == 1 ? "" : "/" + stride);
    }
}
