package dev.kinglet.data;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * A data set whose decoded pictures stay in memory once they were read, as far as there is room: those that come first
 * stay, later ones are read again each time. For small pictures, which are decoded slower than they are used. All are
 * decoded in full size, kept or not, so that what is made of a picture does not depend on whether there was room for it.
 */
public final class CachedDataset implements Dataset {
    private final Dataset source;
    private final AtomicReferenceArray<RgbImage> kept;
    private final AtomicLong room;

    /** @param maxBytes that pictures may take, at three bytes a pixel */
    public CachedDataset(Dataset source, long maxBytes) {
        if (maxBytes < 0) {
            throw new IllegalArgumentException("a cache has room for at least 0 bytes, not " + maxBytes);
        }
        this.source = source;
        this.kept = new AtomicReferenceArray<>(source.size());
        this.room = new AtomicLong(maxBytes);
    }

    @Override
    public List<String> labels() {
        return source.labels();
    }

    @Override
    public int size() {
        return source.size();
    }

    @Override
    public int label(int index) {
        return source.label(index);
    }

    @Override
    public String name(int index) {
        return source.name(index);
    }

    @Override
    public int[] shuffled(long seed, int epoch) {
        return source.shuffled(seed, epoch);
    }

    @Override
    public RgbImage image(int index) throws ImageException {
        RgbImage known = kept.get(index);
        if (known != null) {
            return known;
        }
        RgbImage image = source.image(index);
        long bytes = image.rgb().length;
        if (room.addAndGet(-bytes) < 0 || !kept.compareAndSet(index, null, image)) {
            room.addAndGet(bytes);
        }
        return image;
    }
}
