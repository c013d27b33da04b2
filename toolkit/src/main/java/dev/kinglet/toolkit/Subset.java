package dev.kinglet.toolkit;

import dev.kinglet.data.Dataset;
import dev.kinglet.image.Image;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.RgbImage;
import dev.kinglet.train.options.DataSettings.Limits;
import java.util.List;

/** Some images of a data set, spread evenly over its order, so that each class keeps its part. */
final class Subset implements Dataset {
    private final Dataset all;
    private final int size;

    private Subset(Dataset all, int size) {
        this.all = all;
        this.size = size;
    }

    /** As many images as a limit of {@link Limits} leaves. */
    static Dataset of(Dataset all, double limit) {
        int size = all.size() == 0 ? 0 : Limits.of(limit, all.size());
        return size == all.size() ? all : new Subset(all, size);
    }

    private int in(int index) {
        return (int) ((long) index * all.size() / size);
    }

    @Override
    public List<String> labels() {
        return all.labels();
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public int label(int index) {
        return all.label(in(index));
    }

    @Override
    public String name(int index) {
        return all.name(in(index));
    }

    @Override
    public RgbImage image(int index) throws ImageException {
        return all.image(in(index));
    }

    @Override
    public Image open(int index) throws ImageException {
        return all.open(in(index));
    }

    @Override
    public boolean isInMemory() {
        return all.isInMemory();
    }
}
