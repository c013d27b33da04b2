package dev.kinglet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kinglet.network.NdArray;
import dev.kinglet.weights.Npy;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kinglet data}, but for {@code fetch}. */
class DataCommandTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @TempDir
    private Path folder;

    /** Images of one pixel that differ in their red, as GIF. */
    private Path photos() throws IOException {
        Path photos = folder.resolve("photos");
        for (int i = 0; i < 13; i++) {
            BufferedImage image = new BufferedImage(1 + i % 2, 1, BufferedImage.TYPE_INT_RGB);
            image.setRGB(0, 0, 0x100000 * i);
            Path file = photos.resolve(i < 7 ? "ant" : "my bee").resolve("p" + (10 + i) + ".gif");
            Files.createDirectories(file.resolveSibling("."));
            ImageIO.write(image, "gif", file.toFile());
        }
        return photos;
    }

    @Test
    void info_counts_measures_and_compares() throws IOException {
        Path photos = photos();
        Files.copy(photos.resolve("ant/p10.gif"), photos.resolve("my bee/copy.gif"));
        Files.writeString(photos.resolve("ant/bad.jpg"), "no image");

        Run run = Run.kinglet("data", "info", photos, "--val-every", 4, "--json");

        assertThat(run.status()).as(run.err()).isZero();
        JsonNode info = MAPPER.readTree(run.out());
        assertThat(info.get("classes").toString())
                .isEqualTo("[{\"label\":\"ant\",\"train\":6,\"validation\":2},"
                        + "{\"label\":\"my bee\",\"train\":5,\"validation\":2}]");
        assertThat(info.get("num_classes").intValue()).isEqualTo(2);
        assertThat(info.get("train").intValue()).isEqualTo(11);
        assertThat(info.get("validation").intValue()).isEqualTo(4);
        assertThat(info.get("width").toString()).isEqualTo("{\"min\":1,\"median\":1,\"max\":2}");
        assertThat(info.get("unreadable").size()).isEqualTo(1);
        assertThat(info.get("unreadable").get(0).get("file_name").textValue()).isEqualTo("ant/bad.jpg");
        assertThat(info.get("duplicates").get(0).toString())
                .contains("ant/p10.gif", "my bee/copy.gif", "\"across_classes\":true");

        Run text = Run.kinglet("data", "info", photos);
        assertThat(text.status()).isZero();
        assertThat(text.out())
                .contains("images per class: 7 to 8, ratio 1.1", "unreadable: 1", "duplicates: 1 group\n")
                .contains("width: 1 to 2 pixels, median 1")
                .contains("p10.gif = my bee/copy.gif, of different classes");
    }

    @Test
    void info_names_what_is_left_out_and_which_splits_are_unused() throws IOException {
        Path photos = photos();
        Path root = folder.resolve("root");
        for (String split : List.of("Train", "valid", "test")) {
            Files.createDirectories(root.resolve(split).resolve("ant"));
            Files.createDirectories(root.resolve(split).resolve("bee/2024"));
            Files.copy(photos.resolve("ant/p10.gif"), root.resolve(split).resolve("ant/1.gif"));
            Files.copy(photos.resolve("my bee/p17.gif"), root.resolve(split).resolve("bee/2024/1.gif"));
        }
        Files.delete(root.resolve("valid/bee/2024/1.gif"));
        Files.write(root.resolve("Train/bee/2.heic"), new byte[1]);

        Run json = Run.kinglet("data", "info", root, "--json");
        Run text = Run.kinglet("data", "info", root);

        assertThat(json.status()).as(json.err()).isZero();
        JsonNode info = MAPPER.readTree(json.out());
        assertThat(info.get("train").intValue()).isEqualTo(2);
        assertThat(info.get("validation").intValue()).isEqualTo(1);
        assertThat(info.get("left_out").toString()).isEqualTo("{\".heic\":1}");
        assertThat(info.get("unused_splits").toString()).isEqualTo("[\"test\"]");
        assertThat(text.out())
                .contains(
                        "2 classes, 2 images to train on, 1 to validate with (split valid)",
                        "  not used: test (--split NAME validates with that one)",
                        "  1 file left out: 1 .heic",
                        "  1 image in folders inside a class's folder",
                        "  1 class without validation images: bee");
    }

    @Test
    void info_leaves_out_the_indices_that_a_list_leaves_out() throws IOException {
        Path photos = photos();
        Path train = Files.writeString(folder.resolve("t.txt"), "ant/p10.gif 3\nmy bee/p17.gif 7\n");
        Path val = Files.writeString(folder.resolve("v.txt"), "ant/p11.gif 3\nmy bee/p18.gif 7\n");

        Run text = Run.kinglet("data", "info", photos, "--cls-label-path-train", train, "--cls-label-path-val", val);

        assertThat(text.status()).as(text.err()).isZero();
        assertThat(text.out().lines().limit(5))
                .containsExactly(
                        "class  train  validation",
                        "3          1           1",
                        "7          1           1",
                        "(6 classes without images)",
                        "");
    }

    @Test
    void info_computes_mean_and_deviation_as_the_options_take_them() throws IOException {
        Path photos = photos();

        Run text = Run.kinglet("data", "info", photos, "--val-every", 4, "--stats");
        Run json = Run.kinglet("data", "info", photos, "--val-every", 4, "--stats", "--json");
        Run none = Run.kinglet("data", "info", photos, "--split", "all", "--stats");

        assertThat(text.status()).as(text.err()).isZero();
        assertThat(text.out().strip().lines().reduce("", (before, line) -> line))
                .matches("training images: --mean 0\\.\\d{4},0\\.0000,0\\.0000 --std 0\\.\\d{4},0\\.0000,0\\.0000");
        JsonNode mean = MAPPER.readTree(json.out()).get("mean");
        // 9 images train: the first pixel is 16 times the number, and every odd one has a black one beside it
        assertThat(mean.get(0).doubleValue()).isCloseTo(896 / 13.0 / 255, within(1e-9));
        assertThat(none.status()).isEqualTo(2);
        assertThat(none.lastLine())
                .contains("--stats is computed over images to train on, and " + photos + " has none");
    }

    @Test
    void split_writes_lists_that_divide_as_val_every_does() throws IOException {
        Path photos = photos();

        Run run = Run.kinglet("data", "split", photos, "--every", 3, "--output", folder.resolve("lists"));

        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out().lines().map(line -> Path.of(line).getFileName().toString()))
                .containsExactly("train_list.txt", "val_list.txt");
        assertThat(Files.readAllLines(folder.resolve("lists/val_list.txt")))
                .containsExactly(
                        "ant/p10.gif 0", "ant/p13.gif 0", "ant/p16.gif 0", "my bee/p17.gif 1", "my bee/p20.gif 1");
        assertThat(Files.readAllLines(folder.resolve("lists/train_list.txt"))).hasSize(8);
        assertThat(Files.readAllLines(folder.resolve("lists/labels.txt"))).containsExactly("ant", "my bee");
        String digest = digest(photos, "--val-every", 3);
        assertThat(digest(
                        photos,
                        "--cls-label-path-train",
                        folder.resolve("lists/train_list.txt"),
                        "--cls_label_path_val",
                        folder.resolve("lists/val_list.txt"),
                        "--labels",
                        folder.resolve("lists/labels.txt")))
                .isEqualTo(digest);
        Run again = Run.kinglet("data", "split", photos, "--every", 3, "--output", folder.resolve("lists"));
        assertThat(again.status()).isEqualTo(2);
        assertThat(again.err()).contains("train_list.txt is there already").hasLineCount(1);
        Run inside = Run.kinglet("data", "split", photos, "--every", 3);
        assertThat(inside.status()).as(inside.err()).isZero();
        assertThat(photos.resolve("val_list.txt")).exists();
        assertThat(digest(photos, "--val-every", 3)).isEqualTo(digest);
    }

    private static String digest(Object... words) throws IOException {
        List<Object> all = new ArrayList<>(List.of("data", "info", "--json"));
        all.addAll(List.of(words));
        Run run = Run.kinglet(all.toArray());
        assertThat(run.status()).as(run.err()).isZero();
        return MAPPER.readTree(run.out()).get("dataset_digest").textValue();
    }

    @Test
    void pack_writes_shards_that_info_reads() throws IOException {
        Path shards = folder.resolve("shards");

        Run run = Run.kinglet("data", "pack", photos(), "--val-every", 3, "--out", shards, "--shard-size", 4);

        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out()).isEqualTo(shards + ": 13 images in 4 shards" + System.lineSeparator());
        JsonNode info =
                MAPPER.readTree(Run.kinglet("data", "info", shards, "--json").out());
        assertThat(info.get("train").intValue()).isEqualTo(8);
        assertThat(info.get("validation").intValue()).isEqualTo(5);
        assertThat(info.get("classes").get(1).get("label").textValue()).isEqualTo("my bee");
        assertThat(info.get("unreadable").size()).isZero();
        Run named = Run.kinglet("data", "info", shards, "--labels", shards.resolve("labels.txt"));
        assertThat(named.status()).isEqualTo(2);
        assertThat(named.err()).contains("names its own; leave it out");
    }

    @Test
    @Tag("native")
    void info_says_how_many_it_does_not_list() throws IOException {
        Path many = folder.resolve("many");
        for (int i = 0; i < 25; i++) {
            Files.createDirectories(many.resolve("a"));
            Files.createDirectories(many.resolve("b"));
            Files.writeString(many.resolve("a/broken" + i + ".png"), "no image");
        }
        Files.writeString(many.resolve("b/broken.png"), "no image");
        Run run = Run.kinglet("data", "info", many);
        assertThat(run.out()).contains("unreadable: 26\n", "\n  6 more; --json lists all\n", "duplicates: 0 groups");
    }

    @Test
    @Tag("native")
    void transform_writes_what_a_network_sees() throws IOException {
        BufferedImage image = new BufferedImage(4, 4, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < 4; y++) {
            for (int x = 0; x < 4; x++) {
                image.setRGB(x, y, (10 * x) << 16 | (10 * y) << 8 | 200);
            }
        }
        Path photo = folder.resolve("p.png");
        ImageIO.write(image, "png", photo.toFile());
        Path floats = folder.resolve("x.npy");
        Path bytes = folder.resolve("b.npy");

        Run run = transform(photo, floats, "--mean", "0.5,0.25,0", "--std", "0.5,0.25,1");
        Run uint8 = transform(photo, bytes, "--uint8");

        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out()).contains("float32 [1, 3, 4, 4]");
        assertThat(uint8.status()).as(uint8.err()).isZero();
        NdArray.Floats values = (NdArray.Floats) Npy.read(floats);
        NdArray.Longs pixels = (NdArray.Longs) Npy.read(bytes);
        assertThat(values.dims()).containsExactly(1, 3, 4, 4);
        assertThat(pixels.dims()).containsExactly(1, 3, 4, 4);
        for (int i = 0; i < 16; i++) {
            assertThat(pixels.values()[i]).isEqualTo(10L * (i % 4));
            assertThat(pixels.values()[16 + i]).isEqualTo(10L * (i / 4));
            assertThat(pixels.values()[32 + i]).isEqualTo(200);
            assertThat(values.values()[i]).isCloseTo((10 * (i % 4) / 255f - 0.5f) / 0.5f, within(1e-6f));
            assertThat(values.values()[16 + i]).isCloseTo((10 * (i / 4) / 255f - 0.25f) / 0.25f, within(1e-6f));
            assertThat(values.values()[32 + i]).isCloseTo(200 / 255f, within(1e-6f));
        }
    }

    @Test
    @Tag("native")
    void transform_turns_photos_and_refuses_large_ones_if_told_to() throws IOException {
        Path photo = TurnedPhoto.write(folder.resolve("turned.jpg"), 8, 8);
        Path stored = folder.resolve("stored.npy");
        Path turned = folder.resolve("turned.npy");

        assertThat(transform(photo, stored, "--uint8").status()).isZero();
        assertThat(transform(photo, turned, "--uint8", "--exif-orientation", "followed")
                        .status())
                .isZero();
        Run small = transform(photo, stored, "--max-pixels", 63);
        Run wrong = transform(photo, stored, "--max-pixels", 0);

        long[] asStored = ((NdArray.Longs) Npy.read(stored)).values();
        long[] upright = ((NdArray.Longs) Npy.read(turned)).values();
        assertThat(asStored[3]).isGreaterThan(asStored[0] + 100); // light on the right
        assertThat(upright[3]).isCloseTo(upright[0], within(10L));
        assertThat(upright[12]).isGreaterThan(upright[0] + 100); // light below
        assertThat(small.status()).isEqualTo(1);
        assertThat(small.err()).contains("turned.jpg: 8x8 pixels are too many: at most 63 in all");
        assertThat(wrong.status()).isEqualTo(2);
        assertThat(wrong.err()).contains("pixels, not 0");
    }

    private static Run transform(Path image, Path output, Object... more) {
        List<Object> words = new ArrayList<>(List.of("data", "transform", image, "--output", output));
        words.addAll(List.of("--img-size", 4, "--crop-pct", 1, "--interpolation", "bicubic"));
        words.addAll(List.of(more));
        return Run.kinglet(words.toArray());
    }

    @Test
    void wrong_calls_are_one_line() throws IOException {
        assertWrong("a command of data is missing: one of info, split", "data");
        assertWrong("did you mean 'split'?", "data", "splitt");
        assertWrong("'nearest'", "data", "transform", "p.png", "--output", "x.npy", "--interpolation", "nearest");
        assertWrong("'x.txt'", "data", "transform", "p.png", "--output", "x.txt");
        assertWrong("--crop-pct lies in", "data", "transform", "p.png", "--output", "x.npy", "--crop-pct", 2);
        assertWrong("one number for each", "data", "transform", "p.png", "--output", "x.npy", "--mean", "0.5");
        assertWrong("did you mean 'cifar10'?", "data", "fetch", "cifar-10", "--output", folder);
        assertWrong("a mirror is the address", "data", "fetch", "cifar10", "--mirror", "nowhere", "--output", folder);
        assertWrong("--every", "data", "split", photos());
        assertWrong("--every is at least 2, or no image is left", "data", "split", photos(), "--every", 1);
        assertWrong("at least 1 image", "data", "pack", photos(), "--out", folder.resolve("s"), "--shard-size", 0);
    }

    private static void assertWrong(String reason, Object... words) {
        Run run = Run.kinglet(words);
        assertThat(run.status()).as(run.err()).isEqualTo(2);
        assertThat(run.err()).contains(reason).hasLineCount(1);
    }
}
