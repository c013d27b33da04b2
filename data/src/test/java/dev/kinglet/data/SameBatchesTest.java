package dev.kinglet.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.data.LoaderSettings.Last;
import dev.kinglet.data.LoaderSettings.Order;
import dev.kinglet.image.Batch;
import dev.kinglet.image.ImageTransform;
import dev.kinglet.image.Pipeline;
import dev.kinglet.image.PngWriter;
import dev.kinglet.image.augment.Augmentation;
import dev.kinglet.image.augment.BatchMixing;
import dev.kinglet.image.augment.ColorJitter;
import dev.kinglet.image.augment.RandAugment;
import dev.kinglet.image.samples.SampleImages;
import dev.kinglet.network.Preprocessing;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The promise of the loader, to the last byte, with every random change switched on and of every layout of data. */
@Tag("native")
@Timeout(60)
class SameBatchesTest {
    private static final int BATCH = 6;
    private static final Preprocessing SIXTEEN = Preprocessing.imagenet().withInputSize(16);
    private static final Augmentation AUGMENTATION = new Augmentation(
            Augmentation.Cropping.randomResized(0.2),
            Augmentation.Resizing.RANDOM,
            0.5,
            Augmentation.FlipMode.RANDOM,
            0.5,
            15,
            Optional.of(RandAugment.parse("rand-m9-mstd0.5")),
            new ColorJitter(0.4, 0.3, 0.2, 0.1),
            0.1,
            new Augmentation.Erasing(0.5, Augmentation.Fill.PIXEL),
            new BatchMixing(0.8, 1),
            1);
    private static final Pipeline EVERYTHING = new Pipeline(Stream.concat(
                    AUGMENTATION.pipeline(SIXTEEN).transforms().stream(),
                    Stream.of(new ImageTransform.PaddedRandomCrop(16, 2)))
            .toList());

    @TempDir
    private Path folder;

    private enum Layout {
        FOLDER {
            @Override
            DataSource write(Path folder) throws IOException {
                for (int image = 0; image < 41; image++) {
                    Path file = folder.resolve("photos/" + (image % 5 == 0 ? "few" : "many") + "/" + image + ".png");
                    Files.createDirectories(file.getParent());
                    Files.write(file, PngWriter.encode(SampleImages.noise(20 + image % 7, 18 + image % 11, image)));
                }
                Files.write(folder.resolve("photos/few/damaged.png"), new byte[] {1, 2, 3});
                return DataSource.open(folder.resolve("photos"), DataOptions.defaults());
            }
        },
        SHARDS {
            @Override
            DataSource write(Path folder) throws IOException {
                ShardWriter.pack(FOLDER.write(folder), folder.resolve("shards"), 9, 3, () -> {});
                return DataSource.open(folder.resolve("shards"), DataOptions.defaults());
            }
        },
        CIFAR {
            @Override
            DataSource write(Path folder) throws IOException {
                CifarFiles files = new CifarFiles(8);
                return DataSource.open(
                        CifarFiles.archive(folder.resolve("c.tar.gz"), "cifar-10-batches-py", files.python10()),
                        DataOptions.defaults());
            }
        };

        abstract DataSource write(Path folder) throws IOException;
    }

    private static Stream<Arguments> layouts() {
        return Stream.of(Layout.values())
                .flatMap(layout -> Stream.of(Order.SHUFFLED, Order.BALANCED).map(order -> Arguments.of(layout, order)));
    }

    /** A batch kept after it has gone. */
    private record Kept(ByteBuffer pixels, List<Integer> labels, List<Integer> others, double share) {
        static Kept of(Batch batch) {
            return new Kept(
                    ByteBuffer.allocate(batch.pixels().remaining())
                            .put(batch.pixels().duplicate())
                            .flip(),
                    Arrays.stream(batch.labels()).boxed().toList(),
                    Arrays.stream(batch.mixedInLabels()).boxed().toList(),
                    batch.labelFraction());
        }
    }

    private static List<Kept> batches(Dataset images, Order order, int workers, int first) throws Exception {
        Loader loader = new Loader(images, EVERYTHING, new LoaderSettings(BATCH, order, Last.DROP, 11, workers));
        List<Kept> kept = new ArrayList<>();
        try (Loader.Epoch epoch = loader.epoch(2, first)) {
            for (Batch batch = epoch.next(); batch != null; batch = epoch.next()) {
                kept.add(Kept.of(AUGMENTATION.mixing().apply(batch, 11, 2, epoch.nextBatch() - 1)));
            }
        }
        return kept;
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void threads_caches_and_a_start_in_the_middle_change_no_byte(Layout layout, Order order) throws Exception {
        Dataset images = layout.write(folder).train();
        List<Kept> alone = batches(images, order, 1, 0);
        assertThat(alone).hasSizeGreaterThanOrEqualTo(6).doesNotHaveDuplicates();

        assertThat(batches(images, order, 4, 0)).isEqualTo(alone);
        for (int first = 1; first < alone.size(); first++) {
            assertThat(batches(images, order, 4, first)).isEqualTo(alone.subList(first, alone.size()));
        }
        try (ImageCache memory = ImageCache.inMemory(20_000);
                ImageCache disk = ImageCache.onDisk(folder, 20_000)) { // room for some
            for (ImageCache cache : List.of(memory, disk)) {
                Dataset cached = cache.over(images);
                assertThat(batches(cached, order, 4, 0)).isEqualTo(alone);
                assertThat(batches(cached, order, 4, 0)).isEqualTo(alone);
            }
        }
    }
}
