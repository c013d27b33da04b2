package dev.kinglet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kinglet.base.KingletVersion;
import dev.kinglet.network.Card;
import dev.kinglet.network.Interpolation;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Tensors;
import dev.kinglet.toolkit.TrainedModel;
import dev.kinglet.toolkit.Untrained;
import dev.kinglet.weights.ModelFile;
import dev.kinglet.weights.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Importing from files without a card; which forms of file there are is the weights module's to test. */
class ImportCommandTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String MODEL = "spgnet_s2p6_cifar";

    @TempDir
    private static Path folder;

    private static Tensors state;
    private static Path published;

    @TempDir
    private Path here;

    @BeforeAll
    static void write() throws IOException {
        state = Untrained.model(MODEL, null, null).tensors();
        published = file("published", state.asMap());
    }

    private static Path file(String name, Map<String, NdArray> tensors) throws IOException {
        Path file = folder.resolve(name + ".safetensors");
        Safetensors.write(file, new Tensors(tensors), Map.of());
        return file;
    }

    private Run run(Path file, Object... more) {
        List<Object> words = new ArrayList<>(List.of("import", "--model", MODEL, file, "--output", output()));
        words.addAll(List.of(more));
        return Run.kinglet(words.toArray());
    }

    private Path output() {
        return here.resolve("new/out.safetensors");
    }

    private Model imported() throws IOException {
        return ModelFile.read(output(), TrainedModel::network);
    }

    private void assertRefused(Run run, int status, String... parts) {
        assertThat(run.status()).isEqualTo(status);
        assertThat(run.err()).hasLineCount(1).contains(parts);
        assertThat(output().getParent()).doesNotExist();
    }

    @Test
    void a_published_file_becomes_one_that_describes_itself() throws IOException {
        Run run = run(published);

        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out())
                .contains(published + ": " + state.names().size() + " tensors of " + MODEL + " were read")
                .contains("10 classes named by their numbers (--labels names them), 32 pixels")
                .doesNotContain("skipped", "missing", "fresh");
        Model model = imported();
        assertThat(model.tensors()).isEqualTo(state);
        assertThat(model.card().model()).isEqualTo(MODEL);
        assertThat(model.card().labels()).containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
        assertThat(model.card().background()).isEmpty();
        assertThat(model.card().preprocessing().inputSize()).isEqualTo(32);
        assertThat(model.card().provenance()).containsOnly(Map.entry(Card.VERSION, KingletVersion.current()));
    }

    @Test
    void labels_and_preprocessing_are_the_files_own() throws IOException {
        Path labels = Files.writeString(
                here.resolve("labels.txt"),
                "\ufeffaeroplane\r\n car \r\nbird\r\ncat\r\ncrane\r\ndog\r\ncrane\r\nhorse\r\nship\r\n\u00e9lan\r\n\r\n");

        Run run = run(
                published,
                "--labels",
                labels,
                "--img_size",
                48,
                "--crop-pct",
                0.9,
                "--interpolation",
                "bicubic",
                "--mean",
                "0.5,0.5,0.25",
                "--std",
                "0.1,0.2,0.3");

        assertThat(run.status()).as(run.err()).isZero();
        Card card = imported().card();
        assertThat(card.labels())
                .containsExactly(
                        "aeroplane", "car", "bird", "cat", "crane", "dog", "crane", "horse", "ship", "\u00e9lan");
        assertThat(card.preprocessing().inputSize()).isEqualTo(48);
        assertThat(card.preprocessing().cropPct()).isEqualTo(0.9);
        assertThat(card.preprocessing().interpolation()).isEqualTo(Interpolation.BICUBIC);
        assertThat(card.preprocessing().mean()).containsExactly(0.5, 0.5, 0.25);
        assertThat(card.preprocessing().std()).containsExactly(0.1, 0.2, 0.3);
        assertThat(run.out()).contains("10 classes, 48 pixels");
    }

    @Test
    void what_is_skipped_and_what_is_zero_is_told() throws IOException {
        Map<String, NdArray> tensors = new LinkedHashMap<>();
        List<String> counters = new ArrayList<>();
        state.asMap().forEach((name, array) -> {
            if (name.endsWith("num_batches_tracked")) {
                counters.add(name);
            } else {
                tensors.put("module." + name, array);
            }
        });
        tensors.put("n_averaged", NdArray.Longs.scalar(3));
        tensors.put("module.aux\33.weight", NdArray.Floats.filled(List.of(1), 1));
        Path old = file("old", tensors);

        Run text = run(old);
        JsonNode json = MAPPER.readTree(run(old, "--json").out());

        assertThat(text.out())
                .contains("  " + counters.size() + " counters are not in the file, and set to 0 (" + counters.get(0)
                        + ", ")
                .contains("  2 skipped, not in " + MODEL + " (n_averaged, aux?.weight)");
        assertThat(json.get("source").textValue()).isEqualTo(old.toString());
        assertThat(json.get("file").textValue()).isEqualTo(output().toString());
        assertThat(json.get("model").textValue()).isEqualTo(MODEL);
        assertThat(json.get("num_classes").intValue()).isEqualTo(10);
        assertThat(json.get("read").intValue()).isEqualTo(state.names().size() - counters.size());
        assertThat(json.get("zeroed")).hasSize(counters.size());
        assertThat(json.get("skipped").toString()).isEqualTo("[\"n_averaged\",\"aux\\u001B.weight\"]");
        assertThat(json.get("missing")).isEmpty();
        assertThat(json.get("misshapen")).isEmpty();
        assertThat(json.get("fresh")).isEmpty();
        assertThat(imported().tensors().names()).containsExactlyElementsOf(state.names());
    }

    @Test
    void a_file_that_does_not_fit_is_refused_and_nothing_is_written() throws IOException {
        Map<String, NdArray> tensors = new LinkedHashMap<>(state.asMap());
        String first = tensors.keySet().iterator().next();
        String last = tensors.keySet().stream().reduce(first, (a, b) -> b);
        tensors.remove(first);
        tensors.put(last, NdArray.Floats.filled(List.of(2), 0));
        Path broken = file("broken", tensors);

        Run run = run(broken, "--json");

        assertRefused(run, 1, "does not fit " + MODEL, "1 of another shape (" + last, "1 missing (" + first + ")");
        JsonNode json = MAPPER.readTree(run.out());
        assertThat(json.get("file").isNull()).isTrue();
        assertThat(json.get("missing").get(0).textValue()).isEqualTo(first);
        assertThat(json.get("misshapen").get(0).textValue()).startsWith(last + ": the network has ");
    }

    @Test
    void another_model_it_fits_is_named() {
        Run run = Run.kinglet("import", "--model", "spgnet_s2p7", published, "--output", output());

        assertRefused(run, 1, "does not fit spgnet_s2p7", "; it fits spgnet_s2p6, spgnet_s2p6_cifar");
    }

    @Test
    void other_classes_are_taken_or_left_only_when_asked() throws IOException {
        Path twelve = file("twelve", Untrained.model(MODEL, null, 12).tensors().asMap());
        Path names = Files.write(
                here.resolve("names.txt"),
                IntStream.range(0, 12).mapToObj(i -> "class " + i).toList());

        assertRefused(
                run(twelve),
                1,
                "its head has 12 classes: --num-classes 12 takes them, --new-head puts a randomly initialized head in their place");
        assertThat(run(twelve, "--num_classes", 12).status()).isZero();
        assertThat(imported().card().labels()).hasSize(12).startsWith("0", "1");
        assertThat(run(twelve, "--labels", names).status()).isZero();
        assertThat(imported().card().labels()).hasSize(12).startsWith("class 0", "class 1");

        Run fresh = run(twelve, "--new-head", "--num-classes", 3, "--json");
        assertThat(fresh.status()).as(fresh.err()).isZero();
        JsonNode json = MAPPER.readTree(fresh.out());
        assertThat(json.get("fresh")).isNotEmpty();
        assertThat(json.get("read").intValue())
                .isEqualTo(state.names().size() - json.get("fresh").size());
        assertThat(imported().network().classes()).isEqualTo(3);
    }

    @Test
    void a_background_class_is_named_and_the_others_keep_their_numbers() throws IOException {
        assertThat(run(published, "--background", 0).status()).isZero();
        assertThat(imported().card().background()).isEqualTo(OptionalInt.of(0));
        assertThat(imported().card().labels())
                .containsExactly("background", "0", "1", "2", "3", "4", "5", "6", "7", "8");

        Path nine = Files.writeString(here.resolve("nine.txt"), "a\nb\nc\nd\ne\nf\ng\nh\ni\n");
        assertThat(run(published, "--background", 9, "--labels", nine).status()).isZero();
        assertThat(imported().card().labels())
                .containsExactly("a", "b", "c", "d", "e", "f", "g", "h", "i", "background");
    }

    @Test
    void a_networks_own_background_is_left_out_of_the_names_given_for_its_classes() throws IOException {
        String model = "tf_mobilenetv2_100";
        Path file = file("tf", Untrained.model(model, null, null).tensors().asMap());
        Path names = Files.write(
                here.resolve("names.txt"),
                IntStream.range(0, 1000).mapToObj(i -> "class " + i).toList());

        Run run = Run.kinglet("import", "--model", model, file, "--labels", names, "--output", output());

        assertThat(run.status()).as(run.err()).isZero();
        assertThat(imported().card().background()).hasValue(0);
        assertThat(imported().card().labels())
                .hasSize(1001)
                .startsWith("background", "class 0")
                .endsWith("class 999");
        Run few = Run.kinglet("import", "--model", model, file, "--new-head", "--num-classes", 3, "--output", output());
        assertThat(few.status()).as(few.err()).isZero();
        assertThat(imported().card().background()).isEmpty();
    }

    @Test
    void a_thousand_classes_without_names_have_those_of_imagenet() throws IOException {
        for (Map.Entry<String, Integer> other :
                Map.of("ghostnet", 0, "tf_mobilenetv2_100", 1).entrySet()) {
            String model = other.getKey();
            Path file = file(
                    "imagenet", Untrained.model(model, null, null).tensors().asMap());

            Run run = Run.kinglet("import", "--model", model, file, "--output", output());

            assertThat(run.status()).as(run.err()).isZero();
            assertThat(run.out()).doesNotContain("named by their numbers");
            List<String> labels = imported().card().labels();
            assertThat(labels).doesNotHaveDuplicates().endsWith("ear", "toilet tissue");
            assertThat(labels.subList(other.getValue(), labels.size()))
                    .hasSize(1000)
                    .startsWith("tench", "goldfish", "great white shark")
                    .contains("golden retriever", "crane bird", "crane");
            assertThat(imported().card().background().isPresent()).isEqualTo(other.getValue() == 1);
        }
    }

    @Test
    void a_wrong_call_is_status_2() throws IOException {
        Path nine = Files.writeString(here.resolve("nine.txt"), "a\nb\nc\nd\ne\nf\ng\nh\ni\n");

        assertRefused(
                Run.kinglet("import", "--model", "spgnet_s2p66", published, "--output", output()),
                2,
                "did you mean 'spgnet_s2p6'?");
        assertRefused(Run.kinglet("import", published, "--output", output()), 2, "--model");
        assertRefused(Run.kinglet("import", "--model", MODEL, published), 2, "--output");
        assertRefused(
                Run.kinglet("import", "--model", MODEL, published, "--output", "x.pth"), 2, "ends in .safetensors");
        assertRefused(
                Run.kinglet("import", "--model", MODEL, published, "--output", published), 2, "name another file");
        assertRefused(
                run(published, "--num-classes", 10, "--labels", nine), 2, "--num-classes is 10", "names 9 classes");
        assertRefused(run(published, "--num-classes", 0), 2, "--num-classes is at least 1");
        assertRefused(run(published, "--background", 10), 2, "background is a class of 0 to 9");
        assertRefused(run(published, "--interpolation", "cubic"), 2, "expected one of bilinear, bicubic");
        assertRefused(run(published, "--mean", "1,2"), 2, "one number for each of red, green and blue");
        assertRefused(run(published, "--labls", nine), 2, "did you mean '--labels'?");
    }

    @Test
    void what_cannot_be_read_is_status_1() throws IOException {
        Path gap = Files.writeString(here.resolve("gap.txt"), "a\n\nc\n");
        Path bytes = Files.write(here.resolve("bytes.txt"), new byte[] {(byte) 0xff, (byte) 0xfe});
        Path none = Files.writeString(here.resolve("none.txt"), "\n");
        Path text = Files.writeString(here.resolve("page.pth"), "<html>");

        assertRefused(run(here.resolve("no.pth")), 1, "no.pth: there is no such file");
        assertRefused(run(here), 1, "is not a file");
        assertRefused(run(text), 1, "is no file of weights but a web page");
        assertRefused(run(published, "--labels", here.resolve("no.txt")), 1, "no.txt: there is no such file");
        assertRefused(run(published, "--labels", gap), 1, "gap.txt, line 2: is empty");
        assertRefused(run(published, "--labels", none), 1, "none.txt has 0 names");
        assertRefused(run(published, "--labels", bytes), 1, "bytes.txt is not text in UTF-8");
        assertRefused(run(published, "--state-dict", "net"), 1, "has no dictionary 'net'");
    }

    @Test
    void a_file_that_has_a_card_is_told_to_be_ready() {
        assertThat(run(published).status()).isZero();
        Run again = Run.kinglet("import", "--model", MODEL, output(), "--output", here.resolve("again.safetensors"));

        assertThat(again.status()).isEqualTo(2);
        assertThat(again.err()).hasLineCount(1).contains("has its card already");
        assertThat(here.resolve("again.safetensors")).doesNotExist();
    }

    @Test
    void an_output_that_cannot_be_written_leaves_nothing_behind() throws IOException {
        Files.createDirectories(output().resolve("in the way"));

        Run run = run(published);

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).hasLineCount(1).contains(output().toString());
        try (Stream<Path> left = Files.list(output().getParent())) {
            assertThat(left).containsExactly(output());
        }
    }
}
