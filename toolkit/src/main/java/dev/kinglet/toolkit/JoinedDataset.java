package dev.kinglet.toolkit;

import dev.kinglet.data.Dataset;
import dev.kinglet.image.Image;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.RgbImage;
import java.util.List;

/** The images of one data set and then those of another, of the same classes. */
record JoinedDataset(Dataset first, Dataset second) implements Dataset {
    JoinedDataset {
        if (!first.labels().equals(second.labels())) {
            throw new IllegalArgumentException("data sets of " + first.labels().size() + " classes and of other "
                    + second.labels().size() + " cannot be joined");
        }
    }

    @Override
    public List<String> labels() {
        return first.labels();
    }

    @Override
    public int size() {
        return Math.addExact(first.size(), second.size());
    }

    private boolean isOfFirst(int index) {
        return index < first.size();
    }

    @Override
    public int label(int index) {
        return isOfFirst(index) ? first.label(index) : second.label(index - first.size());
    }

    @Override
    public String name(int index) {
        return isOfFirst(index) ? first.name(index) : second.name(index - first.size());
    }

    @Override
    public RgbImage image(int index) throws ImageException {
        return isOfFirst(index) ? first.image(index) : second.image(index - first.size());
    }

    @Override
    public Image open(int index) throws ImageException {
        return isOfFirst(index) ? first.open(index) : second.open(index - first.size());
    }
}
