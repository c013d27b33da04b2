package dev.kinglet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kinglet.infer.Classifier;
import dev.kinglet.network.NdArray;
import dev.kinglet.toolkit.synthetic.SyntheticImages;
import dev.kinglet.weights.Npy;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.awt.image.RescaleOp;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of embeddings, as their page calls them. */
@Tag("native")
class SimilarityTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int FEATURES = 64; // of resnet20_cifar

    @TempDir
    private static Path folder;

    private static Path images;
    private static Path model;

    @BeforeAll
    static void export() throws IOException {
        images = folder.resolve("images");
        SyntheticImages.draw(images, 3, 2, 1);
        model = folder.resolve("model.onnx");
        Run run = Run.kinglet("export", "--model", "resnet20_cifar", "--embeddings", "--output", model);
        assertThat(run.status()).as(run.err()).isZero();
    }

    private static JsonNode json(Object... words) throws IOException {
        Run run = Run.kinglet(words);
        assertThat(run.status()).as(run.err()).isZero();
        return MAPPER.readTree(run.out());
    }

    private static List<Path> files(Path within) throws IOException {
        try (Stream<Path> all = Files.walk(within)) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static float[] rows(Path file) throws IOException {
        return ((NdArray.Floats) Npy.read(file)).values();
    }

    @Test
    void embed_writes_a_row_for_each_image_with_its_path_beside_it() throws IOException {
        Path file = folder.resolve("photos.npy");
        List<Path> drawn = files(images.resolve("train"));
        JsonNode written = json("embed", model, images.resolve("train"), "--output", file, "--json");
        assertThat(written.get("images").intValue()).isEqualTo(drawn.size());
        assertThat(written.get("features").intValue()).isEqualTo(FEATURES);
        assertThat(Npy.read(file).dims()).containsExactly(drawn.size(), FEATURES);
        assertThat(Files.readAllLines(folder.resolve("photos.txt")))
                .containsExactlyElementsOf(drawn.stream().map(Path::toString).toList());

        Path table = folder.resolve("photos.csv");
        json("embed", model, images.resolve("train"), "--output", table, "--json");
        List<String> lines = Files.readAllLines(table);
        assertThat(lines).hasSize(drawn.size() + 1);
        assertThat(lines.get(0)).startsWith("file_name,f0,f1,").endsWith(",f63");
        String[] cells = lines.get(3).split(",", -1);
        assertThat(cells[0]).isEqualTo(drawn.get(2).toString());
        float[] rows = rows(file);
        for (int i = 0; i < FEATURES; i++) {
            assertThat(Float.parseFloat(cells[1 + i])).isEqualTo(rows[2 * FEATURES + i]);
        }

        Path normalized = folder.resolve("normalized.npy");
        json("embed", model, images.resolve("train"), "--output", normalized, "--normalize", "--json");
        double squares = 0;
        for (int i = 0; i < FEATURES; i++) {
            squares += Math.pow(rows(normalized)[i], 2);
        }
        assertThat(squares).isCloseTo(1, within(1e-6));
    }

    /** By the description of the format alone: magic, version, length of the header, a Python literal, the numbers. */
    @Test
    void an_npy_file_read_as_numpy_describes_it_has_the_numbers_of_the_classifier() throws IOException {
        Path file = folder.resolve("described.npy");
        json("embed", model, images, "--output", file, "--json");
        List<String> names = Files.readAllLines(folder.resolve("described.txt"));

        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        byte[] magic = new byte[8];
        bytes.get(magic);
        assertThat(magic).containsExactly(0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0);
        byte[] header = new byte[Short.toUnsignedInt(bytes.getShort())];
        bytes.get(header);
        assertThat(bytes.position() % 64).isZero();
        assertThat(new String(header, StandardCharsets.US_ASCII))
                .matches("\\{'descr': '<f4', 'fortran_order': False, 'shape': \\(" + names.size() + ", " + FEATURES
                        + "\\), \\} *\n");
        try (Classifier classifier = Classifier.open(model)) {
            for (String name : names) {
                for (float feature : classifier.embed(Path.of(name))) {
                    assertThat(bytes.getFloat()).isCloseTo(feature, within(1e-6f * Math.max(1, Math.abs(feature))));
                }
            }
        }
        assertThat(bytes.hasRemaining()).isFalse();
    }

    @Test
    void an_image_that_cannot_be_read_is_named_and_left_out() throws IOException {
        Path some = Files.createDirectory(folder.resolve("some"));
        Path broken = Files.writeString(some.resolve("a.png"), "no image");
        Path good = Files.copy(files(images).get(0), some.resolve("b.png"));
        Run run = Run.kinglet("embed", model, some, "--output", folder.resolve("some.npy"));
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).contains(broken.toString());
        assertThat(Files.readAllLines(folder.resolve("some.txt"))).containsExactly(good.toString());

        Files.delete(good);
        Path nothing = folder.resolve("nothing.npy");
        Run none = Run.kinglet("embed", model, some, "--output", nothing);
        assertThat(none.status()).isEqualTo(1);
        assertThat(none.lastLine()).isEqualTo("kinglet: not one of 1 images can be read");
        assertThat(nothing).doesNotExist();
    }

    @Test
    void a_file_without_embeddings_and_an_unknown_ending_are_refused() throws IOException {
        Path plain = folder.resolve("plain.onnx");
        assertThat(Run.kinglet("export", "--model", "resnet20_cifar", "--output", plain)
                        .status())
                .isZero();
        Run run = Run.kinglet("embed", plain, images, "--output", folder.resolve("x.npy"));
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.lastLine())
                .startsWith("kinglet: " + plain)
                .contains("has no embeddings: export the network again, by kinglet export --embeddings");
        Run parquet = Run.kinglet("embed", model, images, "--output", folder.resolve("x.parquet"));
        assertThat(parquet.status()).isEqualTo(2);
        assertThat(parquet.lastLine()).contains("embeddings are written as .npy");
    }

    @Test
    void the_nearest_image_is_the_one_it_was_copied_from() throws IOException {
        List<Path> drawn = files(images.resolve("train"));
        Path original = drawn.get(5);
        Path copy = folder.resolve("copy.bmp");
        ImageIO.write(Objects.requireNonNull(ImageIO.read(original.toFile())), "bmp", copy.toFile());
        JsonNode found = json("similar", model, copy, original, images.resolve("train"), "--topk", 2, "--json");
        assertThat(found).hasSize(2);
        JsonNode best = found.get(0).get("similar").get(0);
        assertThat(best.get("file_name").asText()).isEqualTo(original.toString());
        assertThat(best.get("similarity").doubleValue()).isCloseTo(1, within(1e-5));
        assertThat(found.get(1).get("similar")).hasSize(2);
        assertThat(found.get(1).get("similar").toString()).doesNotContain(original.toString()); // the query itself

        Path file = folder.resolve("searched.npy");
        json("embed", model, images.resolve("train"), "--output", file, "--json");
        assertThat(json("similar", model, copy, original, file, "--topk", 2, "--json"))
                .isEqualTo(found);

        Path alone = Files.createDirectory(folder.resolve("alone"));
        Path only = Files.copy(copy, alone.resolve("only.bmp"));
        Run nothing = Run.kinglet("similar", model, only, alone);
        assertThat(nothing.status()).as(nothing.err()).isZero();
        assertThat(nothing.out().strip()).isEqualTo(only + ": " + alone + " has no other image");
    }

    @Test
    void a_few_shot_file_is_evaluated_and_predicts_like_any_other() throws IOException {
        Path file = folder.resolve("few.onnx");
        Path single = folder.resolve("single");
        SyntheticImages.draw(single, 5, 1, 1);
        JsonNode one = json("few-shot", model, single, "--output", file, "--json");
        assertThat(one.get("num_classes").intValue()).isEqualTo(10);
        assertThat(one.get("images").intValue()).isEqualTo(10);
        assertThat(one.get("other_images").intValue()).isZero();
        assertThat(one.has("leave_one_out_top1")).isFalse();
        JsonNode evaluated = json("eval", file, "--data", single, "--split", "train", "--json");
        assertThat(evaluated.get("images").intValue()).isEqualTo(10);
        assertThat(evaluated.get("top1").doubleValue()).isEqualTo(100); // each image is its class's prototype
        Path image = files(single.resolve("train")).get(0);
        JsonNode answer = json("predict", file, image, "--json").get(0);
        assertThat(answer.get("label_names").get(0).asText())
                .isEqualTo(
                        String.valueOf(Objects.requireNonNull(image.getParent()).getFileName()));
        json("embed", file, images, "--output", folder.resolve("again.npy"), "--json"); // it has embeddings too

        JsonNode two = json("few-shot", file, images, "--output", file, "--json"); // from a few-shot file, over it
        assertThat(two.get("images").intValue()).isEqualTo(20);
        assertThat(two.get("leave_one_out_top1").doubleValue()).isBetween(0.0, 100.0);
        JsonNode some = json("few-shot", model, images, "--shots", 1, "--output", file, "--json");
        assertThat(some.get("images").intValue()).isEqualTo(10);
        assertThat(some.get("other_images").intValue()).isEqualTo(10);
        JsonNode train = json("eval", file, "--data", images, "--split", "train", "--json");
        assertThat(train.get("top1").doubleValue() * 20)
                .isCloseTo(100 * 10 + some.get("top1").doubleValue() * 10, within(1e-6));
    }

    @Test
    void near_duplicates_are_found_across_the_splits_whatever_their_size_and_brightness() throws IOException {
        Path photos = folder.resolve("photos");
        SyntheticImages.draw(photos, 7, 3, 2);
        Path original = files(photos.resolve("train")).get(4);
        BufferedImage image = Objects.requireNonNull(ImageIO.read(original.toFile()));
        BufferedImage larger = new BufferedImage(150, 150, BufferedImage.TYPE_INT_RGB);
        Graphics2D pen = larger.createGraphics();
        pen.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
        pen.drawImage(image, 0, 0, 150, 150, null);
        pen.dispose();
        Path copy = photos.resolve("val")
                .resolve(Objects.requireNonNull(original.getParent()).getFileName())
                .resolve("copy.jpg");
        ImageIO.write(new RescaleOp(0.8f, 30, null).filter(larger, null), "jpg", copy.toFile());

        JsonNode info = json("data", "info", photos, "--near-duplicates", "--json");
        assertThat(info.get("duplicates")).isEmpty();
        JsonNode pair = info.get("near_duplicates").get(0); // the most similar
        assertThat(pair.get("file_names").get(0).asText())
                .isEqualTo(photos.relativize(original).toString());
        assertThat(pair.get("file_names").get(1).asText())
                .isEqualTo(photos.relativize(copy).toString());
        assertThat(pair.get("similarity").doubleValue()).isGreaterThan(0.9);
        assertThat(pair.get("across_splits").booleanValue()).isTrue();
        assertThat(pair.get("across_classes").booleanValue()).isFalse();

        JsonNode byModel =
                json("data", "info", photos, "--near-duplicates", "--model", model, "--threshold", "0.5", "--json");
        assertThat(byModel.get("near_duplicates").toString())
                .contains(photos.relativize(copy).toString());
        Run trained = Run.kinglet(
                "train",
                "--data",
                photos,
                "--near-duplicates",
                "--model",
                "resnet20_cifar",
                "--img-size",
                32,
                "--batch-size",
                10,
                "--epochs",
                1,
                "--output",
                folder.resolve("runs"),
                "--name",
                "leaky");
        assertThat(trained.status()).as(trained.err()).isZero();
        assertThat(folder.resolve("runs/leaky/train.log"))
                .content()
                .contains("nearly the same (similarity 0.75 and more)")
                .contains(photos.relativize(copy) + " ~ " + photos.relativize(original));
        assertThat(Run.kinglet("data", "info", photos, "--threshold", "0.9").lastLine())
                .contains("--threshold and --model go with --near-duplicates");
    }

    /** Each command of the page is one of those above: its options exist. */
    @Test
    void the_commands_of_the_page_exist() throws IOException {
        String page = Files.readString(Path.of("..", "docs", "similarity.md"));
        List<String> calls = Pattern.compile("(?m)^    \\./kinglet (.*)$")
                .matcher(page)
                .results()
                .map(call -> call.group(1))
                .toList();
        assertThat(calls).hasSize(6).allSatisfy(call -> {
            List<String> words = List.of(call.split(" ", -1));
            Object[] command = words.get(0).equals("data")
                    ? new Object[] {"data", words.get(1), "--help"}
                    : new Object[] {words.get(0), "--help"};
            String help = Run.kinglet(command).out();
            assertThat(words.stream().filter(word -> word.startsWith("--")))
                    .allSatisfy(option -> assertThat(help).contains(option));
        });
    }
}
