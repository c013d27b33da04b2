package dev.kinglet.data;

import dev.kinglet.base.FileNames;
import dev.kinglet.image.Image;
import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.RgbImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Images that are files in a folder, in the order given. */
abstract class ImageFiles implements StoredDataset {
    /**
     * One file.
     *
     * @param name path relative to the data folder, with slashes
     * @param label class index
     */
    record Listed(String name, int label, long bytes) {}

    private final Path data;
    private final ImageDecoder decoder;
    private final List<String> labels;
    private final List<Listed> images;

    /** @param data what the images' names are relative to */
    ImageFiles(Path data, ImageDecoder decoder, List<String> labels, List<Listed> images) {
        this.data = data;
        this.decoder = decoder;
        this.labels = List.copyOf(labels);
        this.images = List.copyOf(images);
    }

    /** The folder that names are relative to. */
    final Path data() {
        return data;
    }

    final ImageDecoder decoder() {
        return decoder;
    }

    final List<Listed> images() {
        return images;
    }

    @Override
    public final List<String> labels() {
        return labels;
    }

    @Override
    public final int size() {
        return images.size();
    }

    @Override
    public final int label(int index) {
        return images.get(index).label();
    }

    @Override
    public final String name(int index) {
        return images.get(index).name();
    }

    @Override
    public final long bytes(int index) {
        return images.get(index).bytes();
    }

    @Override
    public final byte[] encoded(int index) throws ImageException {
        return decoder.load(path(index));
    }

    @Override
    public final RgbImage image(int index) throws ImageException {
        return open(index).image();
    }

    @Override
    public final Image open(int index) throws ImageException {
        return decoder.open(path(index));
    }

    private Path path(int index) throws ImageException {
        Path path = data.resolve(name(index));
        if (name(index).indexOf(FileNames.UNKNOWN) >= 0 && Files.notExists(path)) { // listed, but not found by its name
            throw new ImageException(FileNames.advice(path.toString()));
        }
        return path;
    }
}
