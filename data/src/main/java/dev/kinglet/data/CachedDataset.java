package dev.kinglet.data;

import dev.kinglet.image.ImageException;
import dev.kinglet.image.RgbImage;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * A data set whose decoded images are kept in a cache while it has space; the others are decoded again each time. Images
 * are kept whole, because every epoch crops them differently, and decoded at full size whether they are kept or not, so
 * that results do not depend on the size of the cache.
 */
final class CachedDataset implements Dataset {
    /** Marks an image that a thread is about to keep, so that no other thread keeps it too. */
    private static final ImageCache.Kept BEING_KEPT = () -> {
        throw new IllegalStateException("not kept yet");
    };

    private final Dataset source;
    private final ImageCache cache;
    private final AtomicReferenceArray<ImageCache.@Nullable Kept> kept;

    /** @param cache with room for images; not closed */
    CachedDataset(Dataset source, ImageCache cache) {
        this.source = source;
        this.cache = cache;
        this.kept = new AtomicReferenceArray<>(source.size());
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
        ImageCache.Kept known = kept.get(index);
        if (known == null || known == BEING_KEPT) {
            RgbImage image = source.image(index);
            if (kept.compareAndSet(index, null, BEING_KEPT)) {
                kept.set(index, cache.keep(image));
            }
            return image;
        }
        try {
            return known.image();
        } catch (IOException e) { // decoded again
            return source.image(index);
        }
    }
}
