package dev.kinglet.data;

import dev.kinglet.base.ByteSize;
import dev.kinglet.image.RgbImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Memory or disk space for decoded images of one or several data sets, at three bytes per pixel. Images are kept until the
 * space is taken; none is evicted. Thread-safe. Closing it frees the space.
 */
public abstract sealed class ImageCache implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ImageCache.class);

    private final long maxBytes;
    private final AtomicLong taken = new AtomicLong();
    private final AtomicBoolean closed = new AtomicBoolean(); // to more images; those in it stay

    private ImageCache(long maxBytes) {
        if (maxBytes < 0) {
            throw new IllegalArgumentException("a cache has room for at least 0 bytes, not " + maxBytes);
        }
        this.maxBytes = maxBytes;
    }

    /** Images on Java's heap. */
    public static ImageCache inMemory(long maxBytes) {
        return new Memory(maxBytes);
    }

    /**
     * Images in an unlinked file, which the system removes when the process ends in any way. (On Windows it has a name,
     * and stays if the process is killed.)
     *
     * @param folder for the file
     * @throws IOException if a file cannot be made there
     */
    public static ImageCache onDisk(Path folder, long maxBytes) throws IOException {
        return new Disk(folder, maxBytes);
    }

    /**
     * The same images, decoded once as long as this cache has space. The cache must stay open while they are used.
     *
     * @param images of one data set; others may share the space
     */
    public final Dataset over(Dataset images) {
        return new CachedDataset(images, this);
    }

    /** An image in the cache. */
    interface Kept {
        /** @throws IOException if it cannot be read back */
        RgbImage image() throws IOException;
    }

    /** Keeps an image; null if there is no space left. */
    final @Nullable Kept keep(RgbImage image) {
        if (closed.get()) {
            return null;
        }
        long bytes = image.rgb().length;
        long offset = taken.getAndUpdate(before -> before + bytes > maxBytes ? before : before + bytes);
        if (offset + bytes > maxBytes) {
            if (closed.compareAndSet(false, true)) {
                LOG.info(
                        "The cache of {} is full: images it does not hold are decoded again each time",
                        ByteSize.wholeMib(maxBytes));
            }
            return null;
        }
        try {
            return keep(image, offset);
        } catch (IOException e) {
            if (closed.compareAndSet(false, true)) {
                LOG.warn(
                        "The cache takes no more images: {}; those it does not hold are decoded again each time",
                        e.toString());
            }
            return null;
        }
    }

    /** @param offset bytes that other images take */
    abstract Kept keep(RgbImage image, long offset) throws IOException;

    @Override
    public abstract void close() throws IOException;

    private static final class Memory extends ImageCache {
        Memory(long maxBytes) {
            super(maxBytes);
        }

        @Override
        Kept keep(RgbImage image, long offset) {
            return () -> image;
        }

        @Override
        public void close() {}
    }

    private static final class Disk extends ImageCache {
        private final FileChannel file;

        Disk(Path folder, long maxBytes) throws IOException {
            super(maxBytes);
            Path name = Files.createTempFile(folder, ".images-", ".cache");
            this.file = FileChannel.open(
                    name, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
        }

        /** An image can be read once all of it is written. */
        @Override
        Kept keep(RgbImage image, long offset) throws IOException {
            ByteBuffer bytes = ByteBuffer.wrap(image.rgb());
            while (bytes.hasRemaining()) {
                file.write(bytes, offset + bytes.position());
            }
            int width = image.width();
            int height = image.height();
            return () -> read(offset, width, height);
        }

        private RgbImage read(long offset, int width, int height) throws IOException {
            ByteBuffer bytes = ByteBuffer.allocate(3 * width * height);
            while (bytes.hasRemaining()) {
                if (file.read(bytes, offset + bytes.position()) < 0) {
                    throw new IOException("the cache's file has become shorter");
                }
            }
            return new RgbImage(width, height, bytes.array());
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
