package dev.kinglet.data;

import dev.kinglet.image.ImageException;
import dev.kinglet.image.RgbImage;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * A data set whose decoded images stay in a cache once they were read, as far as there is room; the others are read
 * again each time. An image is kept whole, because every epoch cuts another part out of it, and decoded in full size,
 * kept or not, so that what is made of it does not depend on whether there was room for it.
 */
public final class CachedDataset implements Dataset {
    /** Stands in while a thread keeps an image, so that no other takes room for it too. */
    private static final ImageCache.Kept BEING_KEPT = () -> {
        throw new IllegalStateException("not kept yet");
    };

    private final Dataset source;
    private final ImageCache cache;
    private final AtomicReferenceArray<ImageCache.@Nullable Kept> kept;

    /** @param cache with room for images; not closed */
    public CachedDataset(Dataset source, ImageCache cache) {
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
        } catch (IOException e) { // then as if it had not been kept
            return source.image(index);
        }
    }
}
