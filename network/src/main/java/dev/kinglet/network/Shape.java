package dev.kinglet.network;

/** The shape of one image's activation, {@code channels x height x width}, without the batch axis. */
public record Shape(int channels, int height, int width) {
    public Shape {
        if (channels < 1 || height < 1 || width < 1) {
            throw new IllegalArgumentException(
                    "every axis must be at least 1, but the shape is " + channels + "x" + height + "x" + width);
        }
    }

    /** A square image of three channels, {@code 3 x pixels x pixels}. */
    public static Shape image(int pixels) {
        return new Shape(3, pixels, pixels);
    }

    /** Number of elements. */
    public long elements() {
        return (long) channels * height * width;
    }

    @Override
    public String toString() {
        return channels + "x" + height + "x" + width;
    }
}
