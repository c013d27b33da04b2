package dev.kinglet.data;

import java.util.List;
import java.util.Set;

/** Small pictures drawn from their index, of which some may not be readable. */
final class DrawnDataset implements Dataset {
    private final int size;
    private final Visit visit;

    /** What happens when a picture is read, before it is. */
    @FunctionalInterface
    interface Visit {
        void of(int index) throws ImageException;
    }

    DrawnDataset(int size, Visit visit) {
        this.size = size;
        this.visit = visit;
    }

    DrawnDataset(int size, Integer... unreadable) {
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
        return Pictures.noise(9 + index % 5, 8 + index % 7, index);
    }
}
