package dev.kinglet.image.explain;

/**
 * How much each place of a prepared image speaks for a class: {@code [height, width]}, row-major, over the whole image. A
 * map is usually coarser than its image. Its unit depends on what made it; a value below 0 speaks against the class.
 */
public final class HeatMap {
    private final int height;
    private final int width;
    private final float[] values;

    /**
     * @param values {@code [height, width]}, row-major; not copied, and not changed by anyone afterwards
     * @throws IllegalArgumentException if there are not as many, or none
     */
    public HeatMap(int height, int width, float[] values) {
        if (height < 1 || width < 1 || values.length != Math.multiplyExact(height, width)) {
            throw new IllegalArgumentException("a map of " + height + " rows and " + width + " columns does not have "
                    + values.length + " values");
        }
        this.height = height;
        this.width = width;
        this.values = values;
    }

    /** Number of rows. */
    public int height() {
        return height;
    }

    /** Number of columns. */
    public int width() {
        return width;
    }

    /** {@code [height, width]}, row-major; not a copy. */
    public float[] values() {
        return values;
    }

    /** The value in a row, from the top, and a column, from the left. */
    public float at(int row, int column) {
        return values[row * width + column];
    }

    /** The highest value. */
    public float highest() {
        float highest = values[0];
        for (float value : values) {
            highest = Math.max(highest, value);
        }
        return highest;
    }

    /**
     * The map in another size, by bilinear interpolation between the centers of its cells, and constant beyond the outermost
     * centers (PyTorch's {@code interpolate} with {@code align_corners=False}).
     */
    public HeatMap resized(int newHeight, int newWidth) {
        float[] resized = new float[Math.multiplyExact(newHeight, newWidth)];
        float[] x = new float[newWidth];
        for (int column = 0; column < newWidth; column++) {
            x[column] = position(column, newWidth, width);
        }
        for (int row = 0; row < newHeight; row++) {
            float y = position(row, newHeight, height);
            int top = (int) y;
            int bottom = Math.min(top + 1, height - 1);
            for (int column = 0; column < newWidth; column++) {
                int left = (int) x[column];
                int right = Math.min(left + 1, width - 1);
                float above = mixed(at(top, left), at(top, right), x[column] - left);
                float below = mixed(at(bottom, left), at(bottom, right), x[column] - left);
                resized[row * newWidth + column] = mixed(above, below, y - top);
            }
        }
        return new HeatMap(newHeight, newWidth, resized);
    }

    private static float position(int index, int newLength, int length) {
        return (float) Math.max(0, Math.min((index + 0.5) * length / newLength - 0.5, length - 1));
    }

    private static float mixed(float from, float to, float fraction) {
        return from + (to - from) * fraction;
    }

    @Override
    public String toString() {
        return height + "x" + width + " values up to " + highest();
    }
}
