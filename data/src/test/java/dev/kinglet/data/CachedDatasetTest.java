package dev.kinglet.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.image.ImageException;
import dev.kinglet.image.RgbImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class CachedDatasetTest {
    @TempDir
    private Path folder;

    private enum Place {
        MEMORY,
        DISK;

        ImageCache cache(Path folder, long maxBytes) throws IOException {
            return switch (this) {
                case MEMORY -> ImageCache.inMemory(maxBytes);
                case DISK -> ImageCache.onDisk(folder, maxBytes);
            };
        }
    }

    /** How often each image was read. */
    private final AtomicIntegerArray reads = new AtomicIntegerArray(100);

    private final Dataset source = new DrawnDataset(100, reads::incrementAndGet);

    private int[] readTwice(Dataset images, int... indices) throws ImageException {
        for (int round = 0; round < 2; round++) {
            for (int index : indices) {
                assertThat(images.image(index).rgb())
                        .isEqualTo(new DrawnDataset(100).image(index).rgb());
            }
        }
        return IntStream.of(indices).map(reads::get).toArray();
    }

    @ParameterizedTest
    @EnumSource
    void images_stay_as_far_as_there_is_room(Place place) throws IOException {
        long room = 3 * (9 * 8 + 10 * 9); // the first and the second
        try (ImageCache cache = place.cache(folder, room)) {
            assertThat(readTwice(new CachedDataset(source, cache), 0, 1, 2)).containsExactly(1, 1, 2);
        }
    }

    @ParameterizedTest
    @EnumSource
    void the_room_is_for_all_that_share_it(Place place) throws IOException {
        try (ImageCache cache = place.cache(folder, 3 * (9 * 8 + 10 * 9))) {
            assertThat(readTwice(new CachedDataset(source, cache), 1)).containsExactly(1);
            assertThat(readTwice(new CachedDataset(source, cache), 0, 2)).containsExactly(1, 2);
        }
    }

    @ParameterizedTest
    @EnumSource
    void no_room_keeps_nothing(Place place) throws IOException {
        try (ImageCache cache = place.cache(folder, 0)) {
            assertThat(readTwice(new CachedDataset(source, cache), 4, 5)).containsExactly(2, 2);
        }
        assertThatThrownBy(() -> place.cache(folder, -1)).isInstanceOf(IllegalArgumentException.class);
        assertThat(names()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void threads_that_read_the_same_image_take_its_room_once(Place place) throws Exception {
        int threads = 4;
        AtomicInteger reading = new AtomicInteger();
        CountDownLatch all = new CountDownLatch(threads);
        Dataset together = new DrawnDataset(2, index -> {
            if (reading.incrementAndGet() <= threads) {
                all.countDown();
                try {
                    all.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
        });
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try (ImageCache cache = place.cache(folder, 3 * (9 * 8 + 10 * 9))) {
            Dataset cached = new CachedDataset(together, cache);
            Callable<RgbImage> read = () -> cached.image(0);
            for (Future<RgbImage> image : pool.invokeAll(Collections.nCopies(threads, read))) {
                assertThat(image.get().rgb())
                        .isEqualTo(new DrawnDataset(1).image(0).rgb());
            }
            cached.image(1);
            cached.image(1);
            cached.image(0);
            assertThat(reading).hasValue(threads + 1);
        } finally {
            pool.shutdown();
        }
    }

    @Test
    void a_file_that_can_no_longer_be_read_is_as_if_it_were_not_there() throws IOException {
        ImageCache cache = ImageCache.onDisk(folder, 1 << 20);
        Dataset cached = new CachedDataset(source, cache);
        cached.image(0);
        cache.close();

        assertThat(readTwice(cached, 0, 1)).containsExactly(3, 2);
    }

    private Stream<Path> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList().stream();
        }
    }

    @Test
    void nothing_stays_in_the_folder() throws IOException {
        try (ImageCache cache = ImageCache.onDisk(folder, 1 << 20)) {
            new CachedDataset(source, cache).image(0);
        }
        assertThat(names()).isEmpty();
        assertThatThrownBy(() -> ImageCache.onDisk(folder.resolve("none"), 1 << 20))
                .isInstanceOf(IOException.class);
    }

    @Test
    void it_is_its_source_in_everything_else() {
        Dataset drawn = new DrawnDataset(10, 3);
        Dataset cached = new CachedDataset(drawn, ImageCache.inMemory(1 << 20));

        assertThat(cached.size()).isEqualTo(10);
        assertThat(cached.labels()).isEqualTo(drawn.labels());
        assertThat(cached.label(7)).isEqualTo(1);
        assertThat(cached.name(7)).isEqualTo("drawn#7");
        assertThat(cached.shuffled(1, 2)).isEqualTo(drawn.shuffled(1, 2));
        assertThatThrownBy(() -> cached.image(3)).isInstanceOf(ImageException.class);
    }

    @Test
    void a_cache_keeps_and_gives_images_in_full_size_alone() throws IOException {
        DrawnDataset drawn = new DrawnDataset(3);
        CachedDataset cached = new CachedDataset(drawn, ImageCache.inMemory(0));

        assertThat(cached.open(1)).isInstanceOf(RgbImage.class);
        assertThat(cached.open(1).reduced(2).rgb()).isEqualTo(drawn.image(1).rgb());
    }
}
