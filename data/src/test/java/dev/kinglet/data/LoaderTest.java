package dev.kinglet.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.data.LoaderSettings.Last;
import dev.kinglet.data.LoaderSettings.Order;
import dev.kinglet.data.LoaderSettings.Shard;
import dev.kinglet.image.Batch;
import dev.kinglet.image.ImageTransform;
import dev.kinglet.image.Pipeline;
import dev.kinglet.image.RandomStreams;
import dev.kinglet.image.RgbImage;
import dev.kinglet.image.samples.RecordedPixels;
import dev.kinglet.network.Interpolation;
import dev.kinglet.network.Preprocessing;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class LoaderTest {
    private static final Preprocessing EIGHT = Preprocessing.imagenet().withInputSize(8);
    private static final Pipeline EVALUATION = Pipeline.evaluation(EIGHT);
    private static final Pipeline TRAINING = Pipeline.randomResizedCrop(EIGHT, 0.2, 0.5);

    /** A batch kept after it has gone. */
    private record Kept(List<Integer> indices, List<Integer> labels, int pixelsHash, int size) {}

    private static Kept keep(Batch batch) {
        byte[] pixels = new byte[3 * 8 * 8 * batch.size()];
        batch.pixels().get(0, pixels);
        return new Kept(
                Arrays.stream(batch.indices()).boxed().toList(),
                Arrays.stream(batch.labels()).boxed().toList(),
                Arrays.hashCode(pixels),
                batch.size());
    }

    private static List<Kept> all(Loader loader, int epochNumber, int firstBatch) throws Exception {
        List<Kept> batches = new ArrayList<>();
        try (Loader.Epoch epoch = loader.epoch(epochNumber, firstBatch)) {
            for (Batch batch = epoch.next(); batch != null; batch = epoch.next()) {
                batches.add(keep(batch));
            }
        }
        return batches;
    }

    private static List<Integer> indices(List<Kept> batches) {
        return batches.stream().flatMap(batch -> batch.indices().stream()).toList();
    }

    private static Loader training(Dataset dataset, int batchSize, long seed, int workers) {
        return new Loader(dataset, TRAINING, LoaderSettings.training(batchSize, seed, workers));
    }

    @Test
    void batches_do_not_depend_on_the_number_of_threads() throws Exception {
        Dataset dataset = new DrawnDataset(203, 17, 90);

        List<Kept> alone = all(training(dataset, 16, 5, 1), 3, 0);

        assertThat(alone).hasSize(12);
        for (int workers = 2; workers <= 7; workers++) {
            assertThat(all(training(dataset, 16, 5, workers), 3, 0)).isEqualTo(alone);
        }
    }

    @Test
    void an_epoch_from_its_middle_is_the_rest_of_the_whole_one() throws Exception {
        Dataset dataset = new DrawnDataset(100, 31);
        List<Kept> whole = all(training(dataset, 8, 6, 2), 4, 0);

        for (int firstBatch = 0; firstBatch <= 12; firstBatch++) {
            Loader fresh = training(dataset, 8, 6, 3);
            assertThat(all(fresh, 4, firstBatch)).isEqualTo(whole.subList(firstBatch, 12));
        }
    }

    /** What several processes train on together is what one trains on. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 5})
    void shards_are_the_batches_of_the_whole_epoch_in_turn(int shards) throws Exception {
        Dataset dataset = new DrawnDataset(50, 31);
        LoaderSettings settings = LoaderSettings.training(4, 6, 2).withRepeats(2);
        List<Kept> whole = all(new Loader(dataset, TRAINING, settings), 4, 3);

        for (int shard = 0; shard < shards; shard++) {
            Loader loader = new Loader(dataset, TRAINING, settings.withShard(new Shard(shard, shards)));
            List<Kept> expected = new ArrayList<>();
            List<Integer> next = new ArrayList<>();
            for (int batch = 3; batch < 12; batch++) {
                if (batch % shards == shard) {
                    expected.add(whole.get(batch - 3));
                    next.add(batch + 1);
                }
            }
            assertThat(loader.batchesPerEpoch()).isEqualTo(12);
            assertThat(all(loader, 4, 3)).isEqualTo(expected);
            assertThat(nextBatches(loader)).isEqualTo(next);
        }
    }

    private static List<Integer> nextBatches(Loader loader) throws Exception {
        List<Integer> next = new ArrayList<>();
        try (Loader.Epoch epoch = loader.epoch(4, 3)) {
            while (epoch.next() != null) {
                next.add(epoch.nextBatch());
            }
        }
        return next;
    }

    @Test
    void the_last_small_batch_is_in_one_shard_and_a_shard_may_have_none() throws Exception {
        Dataset dataset = new DrawnDataset(10);
        LoaderSettings settings = LoaderSettings.evaluation(8, 2);

        assertThat(indices(all(new Loader(dataset, EVALUATION, settings.withShard(new Shard(1, 3))), 0, 0)))
                .containsExactly(8, 9);
        assertThat(all(new Loader(dataset, EVALUATION, settings.withShard(new Shard(2, 3))), 0, 0))
                .isEmpty();
        assertThatThrownBy(() -> new Shard(3, 3)).hasMessageContaining("not 3 of 3");
    }

    @Test
    void the_number_of_the_next_batch_is_where_to_go_on() throws Exception {
        Dataset dataset = new DrawnDataset(40, 4, 5, 6, 7); // batch 1 is empty
        Loader loader = new Loader(dataset, EVALUATION, LoaderSettings.evaluation(4, 2));
        List<Integer> next = new ArrayList<>();
        try (Loader.Epoch epoch = loader.epoch(0)) {
            next.add(epoch.nextBatch());
            for (Batch batch = epoch.next(); batch != null; batch = epoch.next()) {
                next.add(epoch.nextBatch());
            }
        }
        assertThat(next).containsExactly(0, 1, 3, 4, 5, 6, 7, 8, 9, 10);
    }

    @Test
    void every_epoch_has_every_image_once_in_an_order_of_its_own() throws Exception {
        Dataset dataset = new DrawnDataset(64);
        Loader loader = training(dataset, 8, 7, 2);
        List<Integer> first = indices(all(loader, 0, 0));
        List<Integer> second = indices(all(loader, 1, 0));

        assertThat(first)
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, 64).boxed().toList());
        assertThat(second).containsExactlyInAnyOrderElementsOf(first).isNotEqualTo(first);
        assertThat(indices(all(loader, 0, 0))).isEqualTo(first);
        assertThat(indices(all(training(dataset, 8, 8, 2), 0, 0))).isNotEqualTo(first);
    }

    /** Runs kept from one version of Java to the next go on with the same images. */
    @Test
    void the_order_is_the_one_it_always_was() {
        assertThat(RandomStreams.order(1, 2, 10)).containsExactly(1, 8, 6, 7, 4, 2, 9, 3, 5, 0);
        assertThat(RandomStreams.ofImage(1, 2, 3).nextLong()).isEqualTo(2_399_657_773_382_937_285L);
    }

    @Test
    void an_image_is_transformed_by_seed_epoch_and_index_wherever_it_comes_in_the_epoch() throws Exception {
        Dataset dataset = new DrawnDataset(30);
        LoaderSettings shuffled = new LoaderSettings(1, Order.SHUFFLED, Last.KEEP, 9, 2);
        LoaderSettings sequential = new LoaderSettings(1, Order.SEQUENTIAL, Last.KEEP, 9, 2);

        List<Kept> one = all(new Loader(dataset, TRAINING, shuffled), 5, 0);
        List<Kept> other = all(new Loader(dataset, TRAINING, sequential), 5, 0);

        assertThat(one).isNotEqualTo(other).containsExactlyInAnyOrderElementsOf(other);
        assertThat(all(new Loader(dataset, TRAINING, sequential), 6, 0)).isNotEqualTo(other);
    }

    @Test
    void a_repeated_image_comes_in_a_row_and_looks_different_each_time() throws Exception {
        Dataset dataset = new DrawnDataset(30);
        LoaderSettings once = new LoaderSettings(1, Order.SHUFFLED, Last.KEEP, 9, 2);
        List<Kept> repeated = all(new Loader(dataset, TRAINING, once.withRepeats(3)), 5, 0);

        List<Integer> order = indices(all(new Loader(dataset, TRAINING, once), 5, 0));
        List<Integer> expected =
                IntStream.range(0, 30).mapToObj(i -> order.get(i / 3)).toList();
        assertThat(indices(repeated)).isEqualTo(expected);
        assertThat(repeated.get(0)).isNotEqualTo(repeated.get(1));
        assertThat(repeated.get(1)).isNotEqualTo(repeated.get(2));
        assertThat(all(
                        new Loader(
                                dataset,
                                TRAINING,
                                new LoaderSettings(1, Order.SHUFFLED, Last.KEEP, 9, 4).withRepeats(3)),
                        5,
                        0))
                .isEqualTo(repeated);
    }

    @Test
    void alternating_flips_show_each_image_unflipped_in_one_of_two_epochs_in_a_row_and_flipped_in_the_other()
            throws Exception {
        Dataset dataset = new DrawnDataset(40);
        LoaderSettings plain = new LoaderSettings(1, Order.SEQUENTIAL, Last.KEEP, 9, 2);
        List<List<Kept>> epochs = new ArrayList<>();
        for (int epoch = 0; epoch < 4; epoch++) {
            epochs.add(all(new Loader(dataset, EVALUATION, plain.withAlternatingFlips(true)), epoch, 0));
        }
        List<Kept> unflipped = all(new Loader(dataset, EVALUATION, plain), 0, 0);
        int first = 0;
        for (int i = 0; i < 40; i++) {
            boolean flipped = !epochs.get(0).get(i).equals(unflipped.get(i));
            first += flipped ? 1 : 0;
            assertThat(epochs.get(1).get(i).equals(unflipped.get(i))).isEqualTo(flipped);
        }
        assertThat(first).isBetween(10, 30);
        assertThat(epochs.get(2)).isEqualTo(epochs.get(0));
        assertThat(epochs.get(3)).isEqualTo(epochs.get(1));
    }

    @Test
    void evaluation_takes_every_image_in_order_and_transforms_it_as_the_pipeline_does() throws Exception {
        Dataset dataset = new DrawnDataset(21);
        Loader loader = new Loader(dataset, EVALUATION, LoaderSettings.evaluation(4, 3));
        assertThat(loader.batchesPerEpoch()).isEqualTo(6);
        int index = 0;
        try (Loader.Epoch epoch = loader.epoch(0)) {
            for (Batch batch = epoch.next(); batch != null; batch = epoch.next()) {
                assertThat(batch.imageSize()).isEqualTo(8);
                assertThat(batch.size()).isEqualTo(index == 20 ? 1 : 4);
                for (int i = 0; i < batch.size(); i++, index++) {
                    byte[] pixels = new byte[3 * 8 * 8];
                    batch.pixels().get(i * pixels.length, pixels);
                    RgbImage expected = EVALUATION.apply(dataset.image(index), RecordedPixels.NO_RANDOMNESS);
                    assertThat(pixels).isEqualTo(expected.rgb());
                    assertThat(batch.labels()[i]).isEqualTo(index % 2);
                    assertThat(batch.indices()[i]).isEqualTo(index);
                }
            }
        }
        assertThat(index).isEqualTo(21);
    }

    @Test
    void images_too_few_for_a_batch_are_dropped_or_kept() {
        Dataset dataset = new DrawnDataset(10);

        assertThat(training(dataset, 4, 1, 1).batchesPerEpoch()).isEqualTo(2);
        assertThat(training(dataset, 10, 1, 1).batchesPerEpoch()).isEqualTo(1);
        assertThat(new Loader(dataset, EVALUATION, LoaderSettings.evaluation(4, 1)).batchesPerEpoch())
                .isEqualTo(3);
        assertThat(new Loader(dataset, EVALUATION, LoaderSettings.evaluation(99, 1)).batchesPerEpoch())
                .isEqualTo(1);
        assertThatThrownBy(() -> training(dataset, 11, 1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("10 images do not make one batch of 11; use a smaller batch");
    }

    @Test
    void a_bad_image_makes_its_batch_smaller_and_is_named_once() throws Exception {
        Loader loader = new Loader(new DrawnDataset(12, 0, 5, 6), EVALUATION, LoaderSettings.evaluation(4, 2));

        List<Kept> batches = all(loader, 0, 0);
        all(loader, 1, 0);

        assertThat(batches.stream().map(Kept::indices))
                .containsExactly(List.of(1, 2, 3), List.of(4, 7), List.of(8, 9, 10, 11));
        assertThat(batches.get(1).labels()).containsExactly(0, 1);
        assertThat(loader.skippedCount()).isEqualTo(3);
        assertThat(loader.skipped())
                .containsExactlyInAnyOrder(
                        new SkippedImage("drawn#0", "drawn#0: truncated"),
                        new SkippedImage("drawn#5", "drawn#5: truncated"),
                        new SkippedImage("drawn#6", "drawn#6: truncated"));
    }

    @Test
    @Tag("native")
    void an_epoch_goes_on_without_every_kind_of_bad_file(@TempDir Path data) throws Exception {
        byte[] photo = RecordedPixels.drawn().bytes("photo_like.jpg");
        byte[] giant = RecordedPixels.drawn().bytes("rgb.png");
        ByteBuffer.wrap(giant).putInt(16, 50_000).putInt(20, 50_000);
        Files.createDirectories(data.resolve("train/a"));
        Files.createDirectories(data.resolve("train/b"));
        for (String good : List.of("a/good.jpg", "b/first.jpg", "b/second.jpg")) {
            Files.write(data.resolve("train").resolve(good), photo);
        }
        Files.write(data.resolve("train/a/empty.jpg"), new byte[0]);
        Files.write(data.resolve("train/a/giant.png"), giant);
        Files.writeString(data.resolve("train/a/text.jpg"), "This is a text.\n");
        Files.write(data.resolve("train/b/truncated.jpg"), Arrays.copyOf(photo, photo.length / 2));
        Dataset images = DataSource.open(data, DataOptions.defaults()).train();
        Loader loader = new Loader(images, TRAINING, LoaderSettings.training(7, 3, 2));

        List<Kept> batches = all(loader, 0, 0);
        all(loader, 1, 0);

        assertThat(indices(batches)).containsExactlyInAnyOrder(2, 4, 5);
        assertThat(loader.skippedCount()).isEqualTo(4);
        assertThat(loader.skipped())
                .extracting(SkippedImage::name)
                .containsExactlyInAnyOrder(
                        "train/a/empty.jpg", "train/a/giant.png", "train/a/text.jpg", "train/b/truncated.jpg");
        assertThat(loader.skipped())
                .extracting(SkippedImage::reason)
                .anySatisfy(reason -> assertThat(reason).endsWith("empty.jpg: empty: 0 bytes"))
                .anySatisfy(reason -> assertThat(reason).contains("giant.png: 50000x50000 pixels are too many"))
                .anySatisfy(reason -> assertThat(reason).contains("text.jpg: not an image of a supported format"))
                .anySatisfy(reason -> assertThat(reason).contains("truncated.jpg: truncated or damaged JPEG"));
    }

    @Test
    void what_stays_of_a_batch_keeps_its_pixels() throws Exception {
        Dataset dataset = new DrawnDataset(8, 0, 2, 3);
        Loader loader = new Loader(dataset, EVALUATION, LoaderSettings.evaluation(8, 2));
        try (Loader.Epoch epoch = loader.epoch(0)) {
            Batch batch = Objects.requireNonNull(epoch.next());
            assertThat(batch.indices()).containsExactly(1, 4, 5, 6, 7);
            for (int i = 0; i < batch.size(); i++) {
                byte[] pixels = new byte[3 * 8 * 8];
                batch.pixels().get(i * pixels.length, pixels);
                assertThat(pixels)
                        .isEqualTo(EVALUATION
                                .apply(dataset.image(batch.indices()[i]), RecordedPixels.NO_RANDOMNESS)
                                .rgb());
            }
        }
    }

    @Test
    void an_image_that_cannot_be_transformed_is_bad_too() throws Exception {
        Pipeline tooLarge = new Pipeline(List.of(new ImageTransform.PaddedRandomCrop(13, 0)));
        Loader loader = new Loader(new DrawnDataset(70), tooLarge, LoaderSettings.evaluation(7, 2));

        // widths are 9 to 13, heights 8 to 14: of 35 images, 2 have 13 by 13 pixels or more
        List<Integer> sizes = new ArrayList<>();
        try (Loader.Epoch epoch = loader.epoch(0)) {
            for (Batch batch = epoch.next(); batch != null; batch = epoch.next()) {
                sizes.add(batch.size());
            }
        }
        assertThat(sizes.stream().mapToInt(size -> size).sum()).isEqualTo(4);
        assertThat(loader.skippedCount()).isEqualTo(66);
        assertThat(loader.skipped().get(0).reason()).contains("a crop of 13x13 pixels does not fit");
    }

    @Test
    void data_of_bad_images_alone_is_an_error() throws Exception {
        Dataset dataset = new DrawnDataset(5, 0, 1, 2, 3, 4);
        Loader loader = new Loader(dataset, EVALUATION, LoaderSettings.evaluation(2, 1));
        try (Loader.Epoch epoch = loader.epoch(3)) {
            assertThatThrownBy(epoch::next)
                    .isInstanceOf(DatasetException.class)
                    .hasMessage("not one of the images of epoch 3 could be used; the first: drawn#0: truncated");
        }
    }

    @Test
    void an_epoch_that_has_nothing_left_is_no_error() throws Exception {
        assertThat(all(training(new DrawnDataset(5, 0), 2, 1, 2), 0, 2)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void a_mistake_in_a_worker_reaches_the_consumer(int workers) throws Exception {
        Dataset dataset = new DrawnDataset(40, index -> {
            if (index == 22) {
                throw new UnsupportedOperationException("a mistake");
            }
        });
        Loader loader = new Loader(dataset, EVALUATION, LoaderSettings.evaluation(4, workers));
        AtomicInteger batches = new AtomicInteger();
        try (Loader.Epoch epoch = loader.epoch(0)) {
            assertThatThrownBy(() -> {
                        while (epoch.next() != null) {
                            batches.incrementAndGet();
                        }
                    })
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("a mistake")
                    .hasCauseInstanceOf(UnsupportedOperationException.class);
        }
        assertThat(batches).hasValueLessThanOrEqualTo(5); // image 22 is in the sixth
    }

    @Test
    void an_error_in_a_worker_reaches_the_consumer_as_it_is() throws Exception {
        Dataset dataset = new DrawnDataset(40, index -> {
            throw new UnsatisfiedLinkError("no native libraries here");
        });
        Loader loader = new Loader(dataset, EVALUATION, LoaderSettings.evaluation(4, 2));
        try (Loader.Epoch epoch = loader.epoch(0)) {
            assertThatThrownBy(epoch::next)
                    .isInstanceOf(UnsatisfiedLinkError.class)
                    .hasMessage("no native libraries here");
        }
    }

    @Test
    void a_pipeline_that_breaks_its_promise_is_found_out() throws Exception {
        ImageTransform liar = new ImageTransform() {
            @Override
            public RgbImage apply(RgbImage image, RandomGenerator random) {
                return image;
            }

            @Override
            public OptionalInt side(OptionalInt before) {
                return OptionalInt.of(8);
            }
        };
        Loader loader = new Loader(new DrawnDataset(4), new Pipeline(List.of(liar)), LoaderSettings.evaluation(4, 1));
        try (Loader.Epoch epoch = loader.epoch(0)) {
            assertThatThrownBy(epoch::next)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("is to make squares of 8 pixels, and made 9x8 pixels of drawn#0");
        }
    }

    private static long loaderThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("kinglet-loader"))
                .count();
    }

    @Test
    void closing_ends_the_threads_wherever_they_are() throws Exception {
        Loader loader = new Loader(new DrawnDataset(400), EVALUATION, LoaderSettings.evaluation(4, 4));
        for (int taken = 0; taken < 5; taken++) {
            Loader.Epoch epoch = loader.epoch(taken);
            for (int i = 0; i < taken; i++) {
                assertThat(epoch.next()).isNotNull();
            }
            assertThatThrownBy(() -> loader.epoch(9))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("is still open");
            epoch.close();
            epoch.close();
            assertThat(loaderThreads()).isZero();
            assertThatThrownBy(epoch::next).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void no_more_is_loaded_than_the_buffers_hold() throws Exception {
        AtomicInteger read = new AtomicInteger();
        Dataset counting = new DrawnDataset(400, index -> read.incrementAndGet());
        Loader loader = new Loader(counting, EVALUATION, LoaderSettings.evaluation(10, 2));
        try (Loader.Epoch epoch = loader.epoch(0)) {
            assertThat(epoch.next()).isNotNull();
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
            while (read.get() < 30 && System.nanoTime() < deadline) {
                Thread.sleep(1);
            }
            Thread.sleep(50); // would be enough for many more
            assertThat(read.get()).isEqualTo(30);
        }
    }

    @Test
    void an_interrupted_consumer_can_ask_again() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        Dataset slow = new DrawnDataset(8, index -> await(release));
        Loader loader = new Loader(slow, EVALUATION, LoaderSettings.evaluation(4, 1));
        AtomicBoolean interrupted = new AtomicBoolean();
        AtomicInteger size = new AtomicInteger();
        try (Loader.Epoch epoch = loader.epoch(0)) {
            Thread consumer = new Thread(() -> {
                try {
                    epoch.next();
                } catch (InterruptedException e) {
                    interrupted.set(true);
                    release.countDown();
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
                try {
                    Batch batch = epoch.next();
                    size.set(batch == null ? -1 : batch.size());
                } catch (InterruptedException | IOException e) {
                    throw new AssertionError(e);
                }
            });
            consumer.start();
            consumer.interrupt();
            consumer.join();
            assertThat(interrupted).isTrue();
            assertThat(size).hasValue(4);
            assertThat(epoch.nextBatch()).isEqualTo(1);
        }
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError("workers are not interrupted", e);
        }
    }

    @Test
    void the_time_the_consumer_waits_is_measured() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        Dataset slow = new DrawnDataset(8, index -> await(release));
        Loader loader = new Loader(slow, EVALUATION, LoaderSettings.evaluation(8, 1));
        Thread later = new Thread(() -> {
            sleep(80);
            release.countDown();
        });
        try (Loader.Epoch epoch = loader.epoch(0)) {
            later.start();
            assertThat(epoch.next()).isNotNull();
            long waited = epoch.waitNanos();
            assertThat(waited).isBetween(20_000_000L, 20_000_000_000L);
            assertThat(epoch.next()).isNull();
            assertThat(epoch.waitNanos()).isEqualTo(waited);
        }
        later.join();
    }

    @Test
    void a_batch_that_no_buffer_holds_is_refused() {
        Pipeline large = new Pipeline(List.of(new ImageTransform.Resize(9000, 9000, Interpolation.BILINEAR)));

        assertThatThrownBy(() -> new Loader(new DrawnDataset(20), large, LoaderSettings.evaluation(16, 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("more than a buffer holds");
    }

    @Test
    void impossible_settings_are_refused() {
        assertThatThrownBy(() -> LoaderSettings.evaluation(0, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> LoaderSettings.evaluation(1, 0)).isInstanceOf(IllegalArgumentException.class);
        Loader loader = new Loader(new DrawnDataset(4), EVALUATION, LoaderSettings.evaluation(2, 1));
        assertThatThrownBy(() -> loader.epoch(0, 3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("an epoch of 2 batches does not start at 3");
    }
}
