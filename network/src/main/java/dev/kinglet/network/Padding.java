package dev.kinglet.network;

/** Pixels added on each side of an image before a window slides over it: zeros, which a maximum ignores. */
public record Padding(int top, int left, int bottom, int right) {
    public Padding {
        if (top < 0 || left < 0 || bottom < 0 || right < 0) {
            throw new IllegalArgumentException("padding is 0 pixels or more on every side, not top " + top + ", left "
                    + left + ", bottom " + bottom + ", right " + right);
        }
    }

    /** The same on every side. */
    public static Padding of(int pixels) {
        return new Padding(pixels, pixels, pixels, pixels);
    }

    /**
     * TensorFlow's "SAME" padding, for which the output has {@code ceil(length / stride)} pixels. An odd pixel goes to the
     * bottom and to the right.
     */
    public static Padding same(Shape image, int kernel, int stride) {
        int vertical = missing(image.height(), kernel, stride);
        int horizontal = missing(image.width(), kernel, stride);
        return new Padding(vertical / 2, horizontal / 2, vertical - vertical / 2, horizontal - horizontal / 2);
    }

    private static int missing(int length, int kernel, int stride) {
        int outputs = (length + stride - 1) / stride;
        return Math.max(0, (outputs - 1) * stride + kernel - length);
    }

    /** Whether opposite sides have the same padding; PyTorch's convolutions take no other. */
    public boolean symmetric() {
        return top == bottom && left == right;
    }
}
