package dev.kinglet.data;

import java.nio.file.Path;
import java.util.List;

/** Pictures that are files in a folder, in the order given. */
abstract class PictureFiles implements StoredDataset {
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
    private final List<Listed> pictures;

    /** @param data what the pictures' names are relative to */
    PictureFiles(Path data, ImageDecoder decoder, List<String> labels, List<Listed> pictures) {
        this.data = data;
        this.decoder = decoder;
        this.labels = List.copyOf(labels);
        this.pictures = List.copyOf(pictures);
    }

    /** What other pictures of the same folder are made with. */
    final Path data() {
        return data;
    }

    final ImageDecoder decoder() {
        return decoder;
    }

    final List<Listed> pictures() {
        return pictures;
    }

    @Override
    public final List<String> labels() {
        return labels;
    }

    @Override
    public final int size() {
        return pictures.size();
    }

    @Override
    public final int label(int index) {
        return pictures.get(index).label();
    }

    @Override
    public final String name(int index) {
        return pictures.get(index).name();
    }

    @Override
    public final long bytes(int index) {
        return pictures.get(index).bytes();
    }

    @Override
    public final byte[] encoded(int index) throws ImageException {
        return decoder.load(data.resolve(name(index)));
    }

    @Override
    public final RgbImage image(int index) throws ImageException {
        return picture(index).image();
    }

    @Override
    public final Picture picture(int index) throws ImageException {
        return decoder.open(data.resolve(name(index)));
    }
}
