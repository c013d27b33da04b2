package dev.kinglet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kinglet.network.NdArray;
import dev.kinglet.toolkit.synthetic.SyntheticImages;
import dev.kinglet.train.metrics.Predictions;
import dev.kinglet.train.options.TrainOption;
import dev.kinglet.train.options.TrainOptions;
import dev.kinglet.weights.Npy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The main job on a handful of drawn images: trained once, then evaluated, exported, predicted, gone on with. */
@Tag("native")
class MainJobTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int SIZE = 32;

    @TempDir
    private static Path folder;

    private static Path images;
    private static Path run;
    private static Path weights;
    private static Path onnx;

    @BeforeAll
    static void train_and_export() throws IOException {
        images = folder.resolve("images");
        SyntheticImages.draw(images, 3, 4, 2);
        Run train = train("run", "--epochs", 1, "--json");
        assertThat(train.status()).as(train.err()).isZero();
        JsonNode result = MAPPER.readTree(train.out());
        assertThat(result.get("outcome").textValue()).isEqualTo("finished");
        run = Path.of(result.get("run").textValue());
        weights = run.resolve("weights/best.safetensors");
        onnx = folder.resolve("exported.onnx");
        Run export = Run.kinglet("export", run, "--output", onnx, "--json");
        assertThat(export.status()).as(export.err()).isZero();
        assertThat(MAPPER.readTree(export.out()).get("largest_difference").doubleValue())
                .isBetween(0.0, 1e-4);
    }

    private static Run train(String name, Object... more) {
        List<Object> words = new ArrayList<>(List.of("train", "--data", images, "--model", "peleenet"));
        words.addAll(List.of("--img_size", SIZE, "--batch-size", 10, "--warmup-epochs", 0, "--lr", 0.01));
        words.addAll(List.of("--threads", 1, "--output", folder.resolve("runs"), "--name", name));
        words.addAll(List.of(more));
        return Run.kinglet(words.toArray());
    }

    @Test
    void a_run_leaves_its_record() {
        assertThat(Stream.of(
                        "args.yaml",
                        "labels.txt",
                        "train.log",
                        "results.csv",
                        "curves.png",
                        "classes.png",
                        "train_batch.png",
                        "predictions.png",
                        "report.html",
                        "report.json",
                        "confusion_matrix.png",
                        "confusion_matrix.csv",
                        "weights/last.safetensors",
                        "weights/best.safetensors"))
                .allSatisfy(name -> assertThat(run.resolve(name)).isNotEmptyFile());
    }

    @Test
    void the_command_in_the_report_comes_to_the_configuration_of_the_run() throws Exception {
        JsonNode report = MAPPER.readTree(run.resolve("report.json").toFile());
        List<Object> words =
                new ArrayList<>(RepeatCommandTest.words(report.get("command").textValue()));
        words.addAll(List.of("--dry-run", "--json"));

        Run again = Run.kinglet(words.toArray());

        assertThat(again.status()).as(again.err()).isZero();
        JsonNode config = MAPPER.readTree(again.out()).get("config");
        TrainOptions of = TrainOptions.read(run.resolve("args.yaml"));
        for (TrainOption option : of.given()) {
            if (option != TrainOption.NAME && option != TrainOption.NUM_CLASSES) {
                assertThat(config.get(option.key()).asText())
                        .as(option.key())
                        .isEqualTo(of.get(option).orElseThrow());
            }
        }
        assertThat(report.get("param_count").longValue()).isBetween(2_000_000L, 2_200_000L); // PeleeNet of 10 classes
        assertThat(report.get("weights_bytes").longValue()).isEqualTo(Files.size(weights));
    }

    @Test
    void run_weights_and_exported_file_have_the_same_logits() throws IOException {
        Path image = images.resolve("val/star/0000.png");
        double[] expected = logits(run, image);
        double deviation = deviation(expected);
        Path bytes = folder.resolve("bytes.onnx");
        Run export = Run.kinglet("export", run, "--output", bytes, "--uint8-input");
        assertThat(export.status()).as(export.err()).isZero();
        for (Path model : List.of(weights, onnx, bytes)) {
            double[] found = logits(model, image);
            for (int i = 0; i < expected.length; i++) {
                assertThat(found[i]).isCloseTo(expected[i], within(1e-4 * deviation)); // float32 over 113 convolutions
            }
        }
    }

    private static double[] logits(Path model, Path image) throws JsonProcessingException {
        Run predict = Run.kinglet("predict", model, image, "--json", "--logits", "--threads", 1);
        assertThat(predict.status()).as(predict.err()).isZero();
        JsonNode logits = MAPPER.readTree(predict.out()).get(0).get("logits");
        assertThat(logits.size()).isEqualTo(10);
        double[] values = new double[10];
        for (int i = 0; i < values.length; i++) {
            values[i] = logits.get(i).doubleValue();
        }
        return values;
    }

    private static double deviation(double[] values) {
        double mean = Arrays.stream(values).average().orElseThrow();
        double sum = 0;
        for (double value : values) {
            sum += (value - mean) * (value - mean);
        }
        return Math.sqrt(sum / values.length);
    }

    @Test
    void several_views_give_another_answer_to_the_same_images() throws IOException {
        JsonNode center = eval(run);
        JsonNode flipped = eval(run, "--tta", "flip");
        JsonNode five = eval(run, "--tta", "five-crop");

        assertThat(flipped.get("images")).isEqualTo(center.get("images"));
        assertThat(List.of(flipped.get("loss"), five.get("loss"))).doesNotContain(center.get("loss"));
        Run wrong = Run.kinglet("eval", run, "--tta", "ten-crop");
        assertThat(wrong.status()).isEqualTo(2);
        assertThat(wrong.err()).contains("five-crop").contains("ten-crop");
    }

    @Test
    void run_weights_and_exported_file_evaluate_alike() throws IOException {
        JsonNode ofRun = eval(run);
        assertThat(ofRun.get("images").intValue()).isEqualTo(20);
        assertThat(ofRun.get("img_size").intValue()).isEqualTo(SIZE);
        assertThat(ofRun.get("top1").doubleValue() + ofRun.get("top1_err").doubleValue())
                .isEqualTo(100);
        assertThat(run.resolve("eval/confusion_matrix.png")).isNotEmptyFile();
        assertThat(run.resolve("eval/per_class.csv")).isNotEmptyFile();
        List<Predictions.Row> rows = Predictions.read(run.resolve("eval/predictions.csv"));
        assertThat(rows)
                .hasSize(20)
                .allMatch(row -> images.resolve(row.file()).toFile().isFile());
        assertThat(5.0 * rows.stream().filter(Predictions.Row::isCorrect).count())
                .isEqualTo(ofRun.get("top1").doubleValue());
        for (Path model : List.of(weights, onnx)) {
            JsonNode other = eval(model, "--data", images);
            assertThat(other.get("top1")).isEqualTo(ofRun.get("top1"));
            assertThat(other.get("top5")).isEqualTo(ofRun.get("top5"));
            assertThat(other.get("param_count")).isEqualTo(ofRun.get("param_count"));
            assertThat(other.get("loss").doubleValue())
                    .isCloseTo(ofRun.get("loss").doubleValue(), within(1e-4));
        }
    }

    @Test
    void a_photo_is_turned_and_a_large_image_refused_if_told_to() throws IOException {
        Path photo = TurnedPhoto.write(folder.resolve("turned.jpg"), SIZE, SIZE);

        Run stored = Run.kinglet("predict", onnx, photo, "--json", "--logits");
        Run turned = Run.kinglet("predict", onnx, photo, "--json", "--logits", "--exif-orientation", "followed");
        Run large = Run.kinglet("predict", onnx, photo, "--max-pixels", SIZE);

        assertThat(stored.status()).as(stored.err()).isZero();
        assertThat(turned.status()).as(turned.err()).isZero();
        assertThat(MAPPER.readTree(turned.out()).get(0).get("logits"))
                .isNotEqualTo(MAPPER.readTree(stored.out()).get(0).get("logits"));
        assertThat(large.status()).isEqualTo(1);
        assertThat(large.err()).contains("pixels are too many: at most " + SIZE);
        Run none = Run.kinglet("eval", run, "--max-pixels", 10);
        assertThat(none.status()).isEqualTo(1);
        assertThat(none.err()).contains("not one of the images").contains("at most 10 in all");
    }

    private static JsonNode eval(Path model, Object... more) throws JsonProcessingException {
        List<Object> words = new ArrayList<>(List.of("eval", model, "--json", "--threads", 1, "--batch-size", 7));
        words.addAll(List.of(more));
        Run eval = Run.kinglet(words.toArray());
        assertThat(eval.status()).as(eval.err()).isZero();
        return MAPPER.readTree(eval.out());
    }

    @Test
    void runs_are_compared_in_a_table_and_on_a_page() throws IOException {
        Path page = folder.resolve("comparison.html");
        Run compare = Run.kinglet("compare", run, run, "--output", page, "--json");
        assertThat(compare.status()).as(compare.err()).isZero();
        JsonNode rows = MAPPER.readTree(compare.out());
        assertThat(rows).hasSize(2);
        assertThat(rows.get(0).get("model").textValue()).isEqualTo("peleenet");
        assertThat(rows.get(0).get("top1").doubleValue()).isBetween(0.0, 100.0);
        assertThat(rows.get(0).get("params").longValue()).isGreaterThan(2_000_000);
        assertThat(page).content().contains("The runs have the same options.", "data:image/png;base64,");
        assertThat(Run.kinglet("compare", run).out()).contains("MACs (M)", run.getFileName() + "  peleenet");
        assertThat(Run.kinglet("compare", images).status()).isEqualTo(2);
    }

    @Test
    void a_dry_run_says_what_would_be_and_writes_nothing() throws IOException {
        Path output = folder.resolve("dry");
        Object[] call = {
            "train",
            "--data",
            images,
            "--model",
            "asymmnet_small_x0.35",
            "--img-size",
            SIZE,
            "--batch-size",
            4,
            "--epochs",
            3,
            "--opt",
            "adamw",
            "--output",
            output,
            "--dry-run"
        };
        Run dry = Run.kinglet(call);
        assertThat(dry.status()).as(dry.err()).isZero();
        assertThat(TrainOptions.parse(dry.out()).get(TrainOption.LR)).contains("0.001");
        assertThat(dry.out()).contains("3 epochs of 10 steps", "learning rate by epoch: [0] ", "estimated time: ");
        JsonNode plan = MAPPER.readTree(
                Run.kinglet(Stream.concat(Stream.of(call), Stream.of("--json")).toArray())
                        .out());
        assertThat(plan.get("steps_per_epoch").intValue()).isEqualTo(10);
        assertThat(plan.get("learning_rates")).hasSize(4);
        assertThat(plan.get("estimated_s").doubleValue()).isPositive();
        assertThat(plan.get("config").get("opt").textValue()).isEqualTo("adamw");
        assertThat(output).doesNotExist();
    }

    @Test
    void eval_takes_another_size_and_crop_than_the_networks_own() throws IOException {
        JsonNode larger = eval(run, "--img-size", 48, "--crop-pct", 1, "--interpolation", "bicubic");
        assertThat(larger.get("img_size").intValue()).isEqualTo(48);
        assertThat(larger.get("crop_pct").doubleValue()).isEqualTo(1);
        assertThat(larger.get("interpolation").textValue()).isEqualTo("bicubic");
        assertThat(larger.get("loss")).isNotEqualTo(eval(run).get("loss"));

        Run fixed = Run.kinglet("eval", onnx, "--data", images, "--img-size", 48);
        assertThat(fixed.status()).isEqualTo(2);
        assertThat(fixed.err()).contains("the input of an .onnx file has one size, here 32");
        Run normalized = Run.kinglet("eval", onnx, "--data", images, "--mean", "0.5,0.5,0.5");
        assertThat(normalized.status()).isEqualTo(2);
        assertThat(normalized.err()).contains("an .onnx file keeps the mean and std of its card");
    }

    @Test
    void eval_as_text_has_a_line_a_class_and_writes_where_it_is_told() {
        Path output = folder.resolve("figures");
        Run eval = Run.kinglet("eval", onnx, "--data", images, "--output", output);
        assertThat(eval.status()).isZero();
        assertThat(eval.out()).contains("checkerboard", "waves", "peleenet on ONNX Runtime: top-1 ");
        assertThat(output.resolve("confusion_matrix.csv")).isNotEmptyFile();
    }

    @Test
    void an_image_that_cannot_be_read_is_named_and_the_others_are_answered() throws IOException {
        Path good = images.resolve("val/ring/0001.png");
        Path truncated = folder.resolve("truncated.png");
        byte[] bytes = Files.readAllBytes(good);
        Files.write(truncated, Arrays.copyOf(bytes, bytes.length / 2));
        Path missing = folder.resolve("missing.png");
        Run predict = Run.kinglet("predict", onnx, truncated, good, missing, "--json", "--topk", 3);
        assertThat(predict.status()).isEqualTo(1);
        JsonNode answers = MAPPER.readTree(predict.out());
        assertThat(answers.get(0).get("file_name").textValue()).isEqualTo(truncated.toString());
        assertThat(answers.get(0).get("error").textValue()).contains("truncated");
        assertThat(answers.get(1).get("class_ids").size()).isEqualTo(3);
        assertThat(answers.get(1).get("label_names").get(0).textValue()).isNotEmpty();
        assertThat(answers.get(1).get("scores").get(0).doubleValue()).isBetween(0.1, 1.0);
        assertThat(answers.get(2).get("error").textValue()).contains("there is no such file");
        assertThat(predict.err()).hasLineCount(2);
    }

    @Test
    void answers_come_as_lines_of_json_and_as_csv() {
        Path image = images.resolve("val/dots/0000.png");
        Run lines = Run.kinglet("predict", onnx, image, image, "--format", "jsonl");
        assertThat(lines.out().strip().lines()).hasSize(2).allMatch(line -> line.startsWith("{\"file_name\":"));
        Run csv = Run.kinglet("predict", onnx, image, "--format", "csv", "--topk", "2");
        assertThat(csv.out().strip().lines())
                .hasSize(3)
                .first()
                .isEqualTo("file_name,rank,class_id,label_name,score,error");
    }

    @Test
    void a_tensor_is_taken_as_it_is() throws IOException {
        float[] values = new float[2 * 3 * SIZE * SIZE];
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        Path file = folder.resolve("two.npy");
        Npy.write(file, new NdArray.Floats(List.of(2, 3, SIZE, SIZE), values));
        JsonNode byOnnx = MAPPER.readTree(Run.kinglet("predict", onnx, "--tensor", file, "--json", "--logits")
                .out());
        JsonNode byTorch = MAPPER.readTree(Run.kinglet("predict", weights, "--tensor", file, "--json", "--logits")
                .out());
        assertThat(byOnnx.size()).isEqualTo(2);
        for (int image = 0; image < 2; image++) {
            for (int i = 0; i < 10; i++) {
                assertThat(byOnnx.get(image).get("logits").get(i).doubleValue())
                        .isCloseTo(byTorch.get(image).get("logits").get(i).doubleValue(), within(1e-4));
            }
        }
    }

    @Test
    void a_tensor_of_another_size_is_refused() throws IOException {
        Path file = folder.resolve("small.npy");
        Npy.write(file, new NdArray.Floats(List.of(1, 3, 8, 8), new float[3 * 64]));
        Run predict = Run.kinglet("predict", onnx, "--tensor", file);
        assertThat(predict.status()).isEqualTo(1);
        assertThat(predict.lastLine()).contains("[n, 3, 32, 32]", "[1, 3, 8, 8]");
    }

    @Test
    void an_export_in_bytes_is_a_third_of_the_size_and_says_what_it_costs() throws IOException {
        Path file = folder.resolve("int8.onnx");
        List<Object> words = List.of("export", run, "--output", file, "--int8", "--calibrate", images);
        List<Object> more = List.of("--calibrate-images", 20, "--calibrate-method", "minmax", "--int8-keep", "none");
        Run export = Run.kinglet(
                Stream.of(words, more, List.of("--json")).flatMap(List::stream).toArray());
        assertThat(export.status()).as(export.err()).isZero();
        JsonNode report = MAPPER.readTree(export.out());
        assertThat(report.get("bytes").longValue()).isEqualTo(Files.size(file));
        assertThat(report.get("float_bytes").longValue()).isEqualTo(Files.size(onnx));
        assertThat(Files.size(file)).isLessThan(Files.size(onnx) / 3);
        assertThat(report.get("signal_to_noise_db").doubleValue()).isGreaterThan(6);
        assertThat(report.get("agreement").doubleValue()).isBetween(0.0, 100.0);
        assertThat(report.get("top1_int8").doubleValue()).isBetween(0.0, 100.0); // the folders are the classes
        assertThat(report.get("float_layers")).isEmpty();
        assertThat(eval(file, "--data", images).get("images"))
                .isEqualTo(eval(run).get("images"));
    }

    @Test
    void a_tensor_of_numbers_is_refused_by_a_file_that_takes_bytes() throws IOException {
        Path file = folder.resolve("numbers.npy");
        Npy.write(file, new NdArray.Floats(List.of(1, 3, SIZE, SIZE), new float[3 * SIZE * SIZE]));
        Path bytes = folder.resolve("taking_bytes.onnx");
        assertThat(Run.kinglet("export", run, "--output", bytes, "--uint8-input")
                        .status())
                .isZero();
        Run predict = Run.kinglet("predict", bytes, "--tensor", file);
        assertThat(predict.status()).isEqualTo(2);
        assertThat(predict.lastLine()).contains("takes uint8 images", "without --uint8-input");
    }

    @Test
    void a_finished_run_that_is_resumed_is_finished() {
        Run resumed = Run.kinglet("train", "--resume", run, "--json");
        assertThat(resumed.status()).as(resumed.err()).isZero();
        assertThat(resumed.out()).contains("\"finished\"");
    }

    @Test
    void a_resumed_run_stays_where_it_is() {
        Run there = Run.kinglet("train", "--resume", run, "--output", run.resolveSibling("."), "--json");
        assertThat(there.status()).as(there.err()).isZero();
        for (Object[] elsewhere : new Object[][] {{"--output", folder}, {"-o", "output=" + folder}}) {
            Run moved = Run.kinglet("train", "--resume", run, elsewhere[0], elsewhere[1]);
            assertThat(moved.status()).isEqualTo(2);
            assertThat(moved.lastLine()).contains(run + " is not in it", "leave out --output");
        }
    }

    @Test
    void a_run_of_the_same_name_is_not_overwritten() {
        Run again = train("run", "--epochs", 1);
        assertThat(again.status()).isEqualTo(2);
        assertThat(again.lastLine()).contains("exists already", "never overwritten");
    }

    @Test
    void a_checkpoint_of_another_network_is_refused() throws IOException {
        Path other = folder.resolve("runs/other");
        copy(run, other);
        Path args = other.resolve("args.yaml");
        Files.writeString(args, Files.readString(args).replace("model: peleenet", "model: spgnet_s2p6_cifar"));
        Run resumed = Run.kinglet("train", "--resume", other);
        assertThat(resumed.status()).isEqualTo(1);
        assertThat(resumed.lastLine()).contains("can be used");
        assertThat(Files.readString(other.resolve("train.log"))).contains("is a checkpoint of peleenet");
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }

    @Test
    void a_loss_that_is_no_number_ends_the_run_with_what_to_do() {
        Run diverged = train("diverged", "--epochs", 2, "--lr", "1e30");
        assertThat(diverged.status()).isEqualTo(1);
        assertThat(diverged.lastLine()).contains("the loss is ", "learning rate");
    }

    @Test
    void damaged_files_are_refused_and_named() throws IOException {
        Path image = images.resolve("val/dots/0000.png");
        for (Path whole : List.of(weights, onnx)) {
            byte[] bytes = Files.readAllBytes(whole);
            Path damaged = folder.resolve("damaged-" + whole.getFileName());
            Files.write(damaged, Arrays.copyOf(bytes, bytes.length / 2));
            Run predict = Run.kinglet("predict", damaged, image);
            assertThat(predict.status()).isEqualTo(1);
            assertThat(predict.err()).hasLineCount(1).contains(damaged.toString());
        }
    }

    @Test
    void weights_of_an_unknown_network_are_refused_by_name() throws IOException {
        byte[] bytes = Files.readAllBytes(weights);
        String header = new String(bytes, StandardCharsets.ISO_8859_1);
        Path renamed = folder.resolve("renamed.safetensors");
        Files.write(
                renamed,
                header.replace("\"model\":\"peleenet\"", "\"model\":\"pelepnet\"")
                        .getBytes(StandardCharsets.ISO_8859_1));
        Run predict = Run.kinglet("predict", renamed, images.resolve("val/dots/0000.png"));
        assertThat(predict.status()).isEqualTo(1);
        assertThat(predict.lastLine()).contains(renamed.toString(), "pelepnet");
    }

    @Test
    void an_exported_file_that_cannot_be_written_leaves_nothing() throws IOException {
        Path blocked = Files.writeString(folder.resolve("file-not-folder"), "here");
        Run export = Run.kinglet("export", weights, "--output", blocked.resolve("x.onnx"));
        assertThat(export.status()).isEqualTo(1);
        assertThat(export.err()).hasLineCount(1).contains("x.onnx");
        assertThat(blocked).hasContent("here");
    }

    @Test
    void a_network_can_be_exported_untrained_and_unfolded() throws JsonProcessingException {
        Path file = folder.resolve("untrained.onnx");
        Run export = Run.kinglet(
                "export",
                "--model",
                "spgnet_s2p6_cifar",
                "--num-classes",
                3,
                "--rewrite",
                "none",
                "--output",
                file,
                "--json");
        assertThat(export.status()).as(export.err()).isZero();
        assertThat(MAPPER.readTree(export.out()).get("rewrites").textValue()).isEmpty();
        assertThat(file).isNotEmptyFile();
    }

    @Test
    void the_doctor_finds_everything_in_order() {
        Run doctor = Run.kinglet("doctor");
        assertThat(doctor.status()).as(doctor.out()).isZero();
        assertThat(doctor.out().strip().lines()).hasSize(7).allMatch(line -> line.startsWith("ok"));
    }

    @Test
    void the_demo_tells_its_story_to_the_end() {
        Path output = folder.resolve("demo");
        Run demo = Run.kinglet("demo", "--output", output, "--epochs", 2, "--images", 8, "--threads", 1);
        assertThat(demo.status()).as(demo.err()).isZero();
        assertThat(demo.out())
                .contains("drawn", "80 training images, 10 validation images", "trained", "by libtorch")
                .contains("exported", "by ONNX Runtime", "predicted", "report.html");
        assertThat(output.resolve("demo-images-8-seed1/train/moon")).isDirectory();
    }
}
