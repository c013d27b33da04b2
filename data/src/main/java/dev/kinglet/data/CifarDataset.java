package dev.kinglet.data;

import dev.kinglet.image.PngWriter;
import dev.kinglet.image.RgbImage;
import java.util.Arrays;
import java.util.List;

/** CIFAR's training or test images, held in memory in the layout of the files: each image plane after plane. */
final class CifarDataset implements StoredDataset {
    /** Width and height of an image, in pixels. */
    static final int SIDE = 32;

    private static final int PLANE = SIDE * SIDE;
    private static final int IMAGE_BYTES = 3 * PLANE;

    /** The images of one file. */
    static final class Part {
        private final String name;
        private final byte[] planes;
        private final int first;
        private final int stride;
        private final int[] labels;

        /**
         * @param name of the file, without its ending
         * @param planes {@code [3, 32, 32]} bytes per image
         * @param first byte where the first image begins
         * @param stride bytes from one image to the next
         * @param labels {@code [images]}
         */
        Part(String name, byte[] planes, int first, int stride, int[] labels) {
            this.name = name;
            this.planes = planes;
            this.first = first;
            this.stride = stride;
            this.labels = labels;
        }

        /** @throws DatasetException if a label is not the index of a class */
        void requireLabelsBelow(int classes) throws DatasetException {
            for (int i = 0; i < labels.length; i++) {
                if (labels[i] < 0 || labels[i] >= classes) {
                    throw new DatasetException("its image " + i + " has the label " + labels[i] + ", and there are "
                            + classes + " classes");
                }
            }
        }
    }

    private final List<String> labels;
    private final List<Part> parts;
    private final int[] starts; // [parts + 1], index of each part's first image

    /** @throws DatasetException if there is no image */
    CifarDataset(List<String> labels, List<Part> parts) throws DatasetException {
        this.labels = List.copyOf(labels);
        this.parts = List.copyOf(parts);
        this.starts = new int[parts.size() + 1];
        for (int p = 0; p < parts.size(); p++) {
            Part part = parts.get(p);
            starts[p + 1] = starts[p] + part.labels.length;
        }
        if (size() == 0) {
            throw new DatasetException("there are no images in "
                    + String.join(", ", parts.stream().map(part -> part.name).toList()));
        }
    }

    @Override
    public List<String> labels() {
        return labels;
    }

    @Override
    public int size() {
        return starts[parts.size()];
    }

    @Override
    public int label(int index) {
        int part = part(index);
        return parts.get(part).labels[index - starts[part]];
    }

    @Override
    public String name(int index) {
        int part = part(index);
        return parts.get(part).name + "#" + (index - starts[part]);
    }

    @Override
    public long bytes(int index) {
        return IMAGE_BYTES;
    }

    @Override
    public byte[] encoded(int index) {
        return PngWriter.encode(image(index));
    }

    @Override
    public byte[] content(int index) {
        return image(index).rgb();
    }

    @Override
    public boolean isInMemory() {
        return true;
    }

    @Override
    public RgbImage image(int index) {
        int number = part(index);
        Part part = parts.get(number);
        int red = part.first + (index - starts[number]) * part.stride;
        byte[] rgb = new byte[IMAGE_BYTES];
        for (int i = 0; i < PLANE; i++) {
            rgb[3 * i] = part.planes[red + i];
            rgb[3 * i + 1] = part.planes[red + PLANE + i];
            rgb[3 * i + 2] = part.planes[red + 2 * PLANE + i];
        }
        return new RgbImage(SIDE, SIDE, rgb);
    }

    private int part(int index) {
        if (index < 0 || index >= size()) {
            throw new IndexOutOfBoundsException("image " + index + " of " + size());
        }
        int found = Arrays.binarySearch(starts, index);
        if (found < 0) {
            return -found - 2;
        }
        while (parts.get(found).labels.length == 0) { // parts without images begin where the next one does
            found++;
        }
        return found;
    }
}
