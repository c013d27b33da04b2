package dev.kinglet.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.data.archive.Tars;
import dev.kinglet.image.Batch;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.Pipeline;
import dev.kinglet.network.Preprocessing;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ShardsTest {
    private static final DataOptions STANDARD = DataOptions.defaults();

    @TempDir
    private Path folder;

    /** Number and class of each image. */
    private static List<String> seen(Dataset images) throws ImageException {
        List<String> seen = new ArrayList<>();
        for (int i = 0; i < images.size(); i++) {
            seen.add(Gifs.number(images.image(i)) + " " + images.labels().get(images.label(i)));
        }
        return seen;
    }

    private Path photos() throws IOException {
        Path photos = folder.resolve("photos");
        Gifs.folder(photos, "ant", 0, 9);
        Gifs.folder(photos, "bee", 100, 5);
        Gifs.folder(photos, "cat", 300, 12);
        return photos;
    }

    private Path shard(String name, byte[] bytes) throws IOException {
        return Files.write(folder.resolve(name), bytes);
    }

    private static byte[] samples(int... labels) throws IOException {
        Tars tar = new Tars();
        for (int i = 0; i < labels.length; i++) {
            tar.file("k" + i + ".gif", Gifs.gif(i)).file("k" + i + ".cls", Integer.toString(labels[i]));
        }
        return tar.bytes();
    }

    @Test
    void what_is_packed_is_read_back() throws IOException {
        DataSource source = DataSource.open(photos(), STANDARD.withValEvery(4));
        Path out = folder.resolve("shards");

        ShardWriter.Packed packed = ShardWriter.pack(source, out, 5, 7, () -> {});

        assertThat(packed).isEqualTo(new ShardWriter.Packed(6, 26, List.of()));
        assertThat(out)
                .isDirectoryContaining("glob:**/train-000003.tar")
                .isDirectoryContaining("glob:**/val-000001.tar");
        DataSource read = DataSource.open(out, STANDARD);
        assertThat(read.labels()).containsExactly("ant", "bee", "cat");
        assertThat(read.numbersClasses()).isFalse();
        assertThat(seen(read.train())).containsExactlyInAnyOrderElementsOf(seen(source.train()));
        assertThat(seen(read.train())).isNotEqualTo(seen(source.train()));
        assertThat(seen(read.validation())).isEqualTo(seen(source.validation()));
        assertThat(read.train().name(0)).isEqualTo("train-000000.tar/000000000.gif");
    }

    @Test
    void the_same_images_and_seed_make_the_same_files() throws IOException {
        DataSource source = DataSource.open(photos(), STANDARD);
        ShardWriter.pack(source, folder.resolve("a"), 100, 7, () -> {});
        ShardWriter.pack(source, folder.resolve("b"), 100, 7, () -> {});
        ShardWriter.pack(source, folder.resolve("c"), 100, 8, () -> {});

        byte[] first = Files.readAllBytes(folder.resolve("a/all-000000.tar"));
        assertThat(folder.resolve("b/all-000000.tar")).hasBinaryContent(first);
        assertThat(Files.readAllBytes(folder.resolve("c/all-000000.tar"))).isNotEqualTo(first);
        AtomicInteger packed = new AtomicInteger();
        assertThatThrownBy(() -> ShardWriter.pack(source, folder.resolve("stopped"), 2, 7, () -> {
                    if (packed.incrementAndGet() > 3) {
                        throw new CancellationException("stopped");
                    }
                }))
                .isInstanceOf(CancellationException.class);
        assertThat(folder.resolve("stopped")).as("a stop leaves nothing").isEmptyDirectory();
        assertThatThrownBy(() -> ShardWriter.pack(source, folder.resolve("a"), 100, 7, () -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("already");
    }

    @Test
    void shards_of_no_split_are_divided_like_a_folder_of_classes() throws IOException {
        DataSource source = DataSource.open(photos(), STANDARD);
        ShardWriter.pack(source, folder.resolve("all"), 100, 7, () -> {});

        DataSource divided = DataSource.open(folder.resolve("all"), STANDARD.withValEvery(5));

        assertThat(divided.validation().size()).isEqualTo(2 + 1 + 3);
        assertThat(divided.train().size()).isEqualTo(26 - 6);
        Set<String> both = new HashSet<>(seen(divided.train()));
        both.addAll(seen(divided.validation()));
        assertThat(both).hasSize(26);
        assertThat(DataSource.open(folder.resolve("all"), STANDARD.withSplit("all"))
                        .hasTrain())
                .isFalse();
    }

    @Test
    void an_image_that_cannot_be_read_is_left_out_and_named() throws IOException {
        Path photos = photos();
        Files.writeString(photos.resolve("ant/bad.gif"), "no image");

        ShardWriter.Packed packed =
                ShardWriter.pack(DataSource.open(photos, STANDARD), folder.resolve("s"), 100, 0, () -> {});

        assertThat(packed.images()).isEqualTo(26);
        assertThat(packed.skipped()).extracting(SkippedImage::name).containsExactly("ant/bad.gif");
        assertThat(DataSource.open(folder.resolve("s"), STANDARD).train().size())
                .isEqualTo(26);
    }

    @Test
    @Tag("native")
    void images_that_are_not_files_become_png() throws IOException {
        CifarFiles.write(folder.resolve("cifar"), new CifarFiles(3).binary10());
        DataSource cifar = DataSource.open(folder.resolve("cifar"), STANDARD);
        ShardWriter.pack(cifar, folder.resolve("s"), 100, 0, () -> {});

        DataSource read = DataSource.open(folder.resolve("s"), STANDARD);

        for (int i = 0; i < 3; i++) {
            assertThat(read.validation().image(i).rgb())
                    .isEqualTo(cifar.validation().image(i).rgb());
            assertThat(read.validation().label(i)).isEqualTo(cifar.validation().label(i));
        }
        assertThat(read.validation().name(0)).isEqualTo("val-000000.tar/000000000.png");
    }

    @Test
    void other_peoples_shards_are_known_by_their_names_or_folders() throws IOException {
        Path data = Files.createDirectories(folder.resolve("data"));
        Files.write(data.resolve("imagenet1k-train-0000.tar"), samples(0, 1, 2));
        Files.write(data.resolve("imagenet1k-validation-00.tar"), samples(3, 1));
        DataSource byName = DataSource.open(data, STANDARD);
        assertThat(byName.labels()).containsExactly("0", "1", "2", "3");
        assertThat(byName.numbersClasses()).isTrue();
        assertThat(byName.train().size()).isEqualTo(3);
        assertThat(seen(byName.validation())).containsExactly("0 3", "1 1");
        assertThat(DataSource.open(data, STANDARD.withLabels(List.of("a", "b", "c", "d")))
                        .labels())
                .containsExactly("a", "b", "c", "d");

        Path folders = folder.resolve("folders");
        Files.createDirectories(folders.resolve("train"));
        Files.createDirectories(folders.resolve("test"));
        Files.write(folders.resolve("train/0.tar"), samples(0, 1));
        Files.write(folders.resolve("train/1.tar"), samples(1));
        Files.write(folders.resolve("test/0.tar"), samples(0));
        DataSource byFolder = DataSource.open(folders, STANDARD);
        assertThat(byFolder.description())
                .isEqualTo("2 classes, 3 images to train on, 1 to validate with (split test)");
    }

    @Test
    void other_files_of_a_sample_and_samples_without_images_are_left_alone() throws IOException {
        byte[] shard = new Tars()
                .file("a/x.json", "{}")
                .file("a/x.gif", Gifs.gif(1))
                .file("a/x.cls", "0\n")
                .file("b/x.cls", "1")
                .file("b/x.GIF", Gifs.gif(2))
                .file("readme", "text")
                .bytes();

        DataSource source = DataSource.open(shard("s.tar", shard), STANDARD);

        assertThat(seen(source.train())).containsExactly("1 0", "2 1");
    }

    @Test
    void shards_that_make_no_sense_are_refused_with_the_reason() throws IOException {
        assertThatThrownBy(() -> open(new Tars().file("a.gif", Gifs.gif(1))))
                .hasMessageContaining("s.tar: 'a.gif' has no label beside it; a.cls is expected");
        assertThatThrownBy(() -> open(new Tars().file("a.cls", "1"))).hasMessageContaining("'a.cls' has no image");
        assertThatThrownBy(() -> open(new Tars().file("a.gif", Gifs.gif(1)).file("a.cls", "cat")))
                .hasMessageContaining("a.cls has 'cat'; the number of a class is expected");
        assertThatThrownBy(() -> open(new Tars().file("a.cls", "1".repeat(33))))
                .hasMessageContaining("a.cls has 33 bytes");
        assertThatThrownBy(() -> open(new Tars()
                        .file("a.gif", Gifs.gif(1))
                        .file("a.png", Gifs.gif(1))
                        .file("a.cls", "1")))
                .hasMessageContaining("'a' has two images, a.gif and a.png");
        assertThatThrownBy(() -> open(new Tars().file("a.txt", ""))).hasMessageContaining("has no images");
        Path good = shard("good.tar", samples(0, 1, 2));
        assertThatThrownBy(() -> DataSource.open(good, STANDARD.withLabels(List.of("a", "b"))))
                .hasMessageContaining("k2.cls: the label 2 is outside the 2 classes, 0 to 1");
    }

    private DataSource open(Tars tar) throws IOException {
        return DataSource.open(shard("s.tar", tar.bytes()), STANDARD);
    }

    @Test
    void truncated_and_compressed_shards_are_not_whole() throws IOException {
        byte[] whole = samples(0, 1);
        Path cut = shard("cut.tar", Arrays.copyOf(whole, 512 + 20));
        assertThatThrownBy(() -> DataSource.open(cut, STANDARD))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining(cut + " is not a whole .tar archive");
        Path zipped = folder.resolve("zipped.tar");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(zipped))) {
            out.write(whole);
        }
        assertThatThrownBy(() -> DataSource.open(zipped, STANDARD)).isInstanceOf(DatasetException.class);
    }

    @Test
    void names_that_only_sometimes_say_the_split_are_refused() throws IOException {
        Path data = Files.createDirectories(folder.resolve("data"));
        Files.write(data.resolve("train-0.tar"), samples(0, 1));
        Files.write(data.resolve("more.tar"), samples(0, 1));

        assertThatThrownBy(() -> DataSource.open(data, STANDARD)).hasMessageContaining("are of all, train");
    }

    @Test
    void an_archive_beside_folders_of_classes_is_left_alone() throws IOException {
        Path photos = photos();
        Files.write(photos.resolve("backup.tar"), samples(0, 1));

        assertThat(DataSource.open(photos, STANDARD).labels()).containsExactly("ant", "bee", "cat");
    }

    @Test
    void an_epoch_depends_on_the_seed_and_not_on_threads_and_goes_on_from_its_middle() throws Exception {
        ShardWriter.pack(DataSource.open(photos(), STANDARD), folder.resolve("s"), 6, 1, () -> {});
        Dataset data = DataSource.open(folder.resolve("s"), STANDARD).train();

        List<List<Integer>> alone = batches(data, 5, 1, 0);

        assertThat(alone).hasSize(6);
        assertThat(batches(data, 5, 4, 0)).isEqualTo(alone);
        assertThat(batches(data, 5, 3, 4)).isEqualTo(alone.subList(4, 6));
        assertThat(batches(data, 6, 1, 0)).isNotEqualTo(alone);
        assertThat(alone.stream().flatMap(List::stream).distinct()).hasSize(24);
    }

    private static List<List<Integer>> batches(Dataset data, long seed, int workers, int first) throws Exception {
        Pipeline pipeline = Pipeline.evaluation(Preprocessing.imagenet().withInputSize(2));
        Loader loader = new Loader(data, pipeline, LoaderSettings.training(4, seed, workers));
        List<List<Integer>> batches = new ArrayList<>();
        try (Loader.Epoch epoch = loader.epoch(2, first)) {
            for (Batch batch = epoch.next(); batch != null; batch = epoch.next()) {
                batches.add(Arrays.stream(batch.indices()).boxed().toList());
            }
        }
        return batches;
    }

    @Test
    void shards_are_gone_through_one_after_another_and_every_image_comes_once() throws IOException {
        Path data = Files.createDirectories(folder.resolve("large"));
        int each = 4000;
        for (int shard = 0; shard < 3; shard++) {
            int[] labels = IntStream.range(0, each).map(i -> i % 2).toArray();
            Files.write(data.resolve("train-" + shard + ".tar"), samples(labels));
        }
        Dataset images = DataSource.open(data, STANDARD).train();

        int[] order = new CachedDataset(images, ImageCache.inMemory(0)).shuffled(3, 1);

        assertThat(Arrays.stream(order).sorted())
                .containsExactlyElementsOf(IntStream.range(0, 3 * each).boxed().toList());
        // 5000 wait in the buffer, so the first 2500 are of the first two shards, mixed
        Set<Integer> early = new HashSet<>();
        for (int i = 0; i < 2500; i++) {
            early.add(order[i] / each);
        }
        assertThat(early).hasSize(2);
        assertThat(order).isEqualTo(images.shuffled(3, 1)).isNotEqualTo(images.shuffled(3, 2));
    }
}
