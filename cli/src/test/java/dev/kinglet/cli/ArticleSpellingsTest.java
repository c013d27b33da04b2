package dev.kinglet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kinglet.toolkit.synthetic.Motif;
import dev.kinglet.toolkit.synthetic.SyntheticImages;
import dev.kinglet.train.options.Recipe;
import dev.kinglet.train.options.TrainOption;
import dev.kinglet.train.options.TrainOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command lines of the article on PeleeNet, as they are printed there but for paths and numbers of epochs. */
class ArticleSpellingsTest {
    private static final String TRAIN = "train --model peleenet --batch_size 256 --aa '' --smoothing 0"
            + " --train_interpolation bilinear --reprob 0 --mixup 0 --cutmix 0 --opt momentum --weight_decay 1e-4"
            + " --min_lr 0 --warmup_epochs 0 --lr 0.18 --epochs 2 --data_path DATA --cls_label_path_train TRAIN"
            + " --cls_label_path_val VAL --output_dir OUT --dist_eval";

    @TempDir
    private static Path folder; // one for all: the images take longest

    private static String translated(String call) {
        return String.join(" ", ArticleSpellings.translate(Arguments.normalize(call.split(" ", -1))));
    }

    @Test
    void a_trained_network_and_images_become_arguments() {
        assertThat(translated("eval --model m --batch_size 8 --train_interpolation bilinear --data_path d --resume w"))
                .isEqualTo("eval w --model m --batch-size 8 --interpolation bilinear --data d");
        assertThat(translated("predict --model m --infer_imgs ./a.jpg --resume=w -- -b.jpg"))
                .isEqualTo("predict w --model m ./a.jpg -- -b.jpg");
        assertThat(translated("export --model m --output_dir o/ --resume w"))
                .isEqualTo("export w --model m --output o/model.onnx");
    }

    @Test
    void what_is_not_an_articles_stays() {
        for (String call : List.of(
                "train --resume runs/a --epochs 3",
                "train --resume",
                "compare a b --output-dir o",
                "predict x.onnx -- --infer-imgs")) {
            assertThat(translated(call)).isEqualTo(call);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "train --data_path d --model m --batch_size                    | --batch_size",
                "train --data_path d --model peleenet --batch_size x           | --batch_size: expected a whole number",
                "train --data_path d --model peleenet --btch_size 8            | '--btch_size'; did you mean '--batch-size'?",
                "train --data_path d --pretrained w --finetune w               | --pretrained and --finetune both",
                "train --resume nowhere --batch_size 8                         | leave out --batch_size",
                "export --resume w --output_dir                                | --output_dir needs a value",
                "predict --infer_imgs --resume w                               | --infer_imgs needs a value",
            })
    void an_error_names_what_was_typed(String call, String message) {
        Run run = Run.kinglet((Object[]) call.strip().split(" ", -1));
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.lastLine()).contains(message.strip());
    }

    @Test
    void what_a_run_would_refuse_its_plan_refuses_too() {
        String withoutTraining = TRAIN.replace(" --cls_label_path_train TRAIN", "");
        assertThat(Run.kinglet((Object[]) call(withoutTraining, "--dry-run")).lastLine())
                .contains("--cls-label-path-train is missing");
        Run other = Run.kinglet(
                "train", "--data", folder.resolve("images"), "--model", "peleenet", "--num_classes", 3, "--dry-run");
        assertThat(other.status()).isEqualTo(2);
        assertThat(other.lastLine()).contains("--num_classes is 3, but the data has 10 classes");
    }

    @Test
    void the_articles_options_stand_in_no_help() {
        for (String command : List.of("train", "eval", "predict", "export")) {
            assertThat(Run.kinglet(command, "--help").out())
                    .doesNotContain("data-path", "finetune", "infer-imgs", "output-dir", "dist-eval", "pretained");
        }
    }

    @Test
    void the_articles_command_is_its_recipe() {
        // small images, because a plan times some steps
        Run dry = Run.kinglet(
                (Object[]) call(TRAIN.replace("--epochs 2", "--epochs 120"), "--input_size", "32", "--dry-run"));
        assertThat(dry.status()).as(dry.err()).isZero();
        TrainOptions printed = TrainOptions.parse(dry.out());
        Set<TrainOption> ofTwoDevices = Set.of(TrainOption.BATCH_SIZE); // the article's are of 256 images each
        Recipe recipe = Recipe.named("peleenet");
        for (TrainOption option : recipe.options().given()) {
            if (!ofTwoDevices.contains(option)) {
                assertThat(printed.get(option))
                        .as(option.key())
                        .isEqualTo(recipe.options().get(option));
            }
        }
    }

    @Test
    @Tag("native")
    void the_articles_command_lines_run() throws IOException {
        Path first = folder.resolve("out");
        run(call(TRAIN, "--input_size", "32"));
        Path pretrained = first.resolve("latest");
        run(call(
                TRAIN.replace("OUT", "TUNED").replace("--lr 0.18", "--lr 0.005"),
                "--input_size",
                "32",
                "--no_remove_head_from_pretained",
                "--finetune",
                pretrained.toString()));
        String weights = folder.resolve("tuned").resolve("latest").toString();
        Run evaluated = run(call(
                "eval --model peleenet --batch_size 256 --train_interpolation bilinear --data_path DATA"
                        + " --cls_label_path_val VAL --dist_eval --json",
                "--resume",
                weights));
        JsonNode figures = new ObjectMapper().readTree(evaluated.out());
        assertThat(figures.get("images").asInt()).isEqualTo(Motif.values().length);
        String image = image().toString();
        Run predicted = run(call("predict --model peleenet --json", "--infer_imgs", image, "--resume", weights));
        JsonNode answer = new ObjectMapper().readTree(predicted.out()).get(0);
        assertThat(answer.get("file_name").asText()).isEqualTo(image);
        assertThat(answer.get("class_ids")).hasSize(5);
        Path exported = folder.resolve("exported");
        run(call("export --model peleenet", "--output_dir", exported.toString(), "--resume", weights));
        assertThat(exported.resolve("model.onnx")).isNotEmptyFile();

        Run other = Run.kinglet("predict", "--model", "vgg19", "--resume", weights, "--infer_imgs", image);
        assertThat(other.status()).isEqualTo(2);
        assertThat(other.lastLine()).contains("--model says vgg19", "is of peleenet");
    }

    /** A command with this test's paths, and its empty text as the shell gives it. */
    private static String[] call(String command, String... more) {
        try {
            draw();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        List<String> words = new ArrayList<>();
        for (String word : command.split(" ", -1)) {
            words.add(
                    switch (word) {
                        case "DATA" -> folder.resolve("images").toString();
                        case "TRAIN" -> folder.resolve("train_list.txt").toString();
                        case "VAL" -> folder.resolve("val_list.txt").toString();
                        case "OUT" -> folder.resolve("out").toString();
                        case "TUNED" -> folder.resolve("tuned").toString();
                        case "''" -> "";
                        default -> word;
                    });
        }
        words.addAll(List.of(more));
        return words.toArray(String[]::new);
    }

    private static void draw() throws IOException {
        Path images = folder.resolve("images");
        if (!Files.exists(images)) {
            SyntheticImages.draw(images, 4, 26, 1); // 260 for training: a batch of 256
            list("train");
            list("val");
        }
    }

    private static void list(String part) throws IOException {
        List<String> lines = new ArrayList<>();
        Path images = folder.resolve("images");
        Motif[] motifs = Motif.values();
        for (int i = 0; i < motifs.length; i++) {
            int number = i;
            try (Stream<Path> files = Files.list(images.resolve(part).resolve(motifs[i].label()))) {
                files.sorted().forEach(file -> lines.add(images.relativize(file) + " " + number));
            }
        }
        Files.write(folder.resolve(part + "_list.txt"), lines);
    }

    private static Path image() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("images/val").resolve(Motif.CHECKERBOARD.label()))) {
            return files.findFirst().orElseThrow();
        }
    }

    private static Run run(String[] words) {
        Run run = Run.kinglet((Object[]) words);
        assertThat(run.status())
                .as("%s%n%s", String.join(" ", words), run.err())
                .isZero();
        return run;
    }
}
