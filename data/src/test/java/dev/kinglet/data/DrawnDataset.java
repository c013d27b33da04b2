package dev.kinglet.data;

import dev.kinglet.image.ImageException;
import dev.kinglet.image.RgbImage;
import dev.kinglet.image.samples.SampleImages;
import java.util.List;
import java.util.Set;

/** Small images drawn from their index, of which some may not be readable. */
public final class DrawnDataset implements Dataset {
    private final int size;
    private final Visit visit;

    /** What happens when an image is read, before it is. */
    @FunctionalInterface
    public interface Visit {
        void of(int index) throws ImageException;
    }

    public DrawnDataset(int size, Visit visit) {
        this.size = size;
        this.visit = visit;
    }

    public DrawnDataset(int size, Integer... unreadable) {
        this(size, index -> {
            if (Set.of(unreadable).contains(index)) {
                throw new ImageException("drawn#" + index + ": truncated");
            }
        });
    }

    @Override
    public List<String> labels() {
        return List.of("even", "odd");
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public int label(int index) {
        return index % 2;
    }

    @Override
    public String name(int index) {
        return "drawn#" + index;
    }

    @Override
    public RgbImage image(int index) throws ImageException {
        visit.of(index);
        return SampleImages.noise(9 + index % 5, 8 + index % 7, index);
    }
}
