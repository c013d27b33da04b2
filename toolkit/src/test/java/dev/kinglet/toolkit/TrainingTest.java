package dev.kinglet.toolkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kinglet.data.Dataset;
import dev.kinglet.image.Views;
import dev.kinglet.network.Tensors;
import dev.kinglet.toolkit.embedding.NearDuplicates;
import dev.kinglet.toolkit.synthetic.SyntheticImages;
import dev.kinglet.train.TrainingListener;
import dev.kinglet.train.TrainingResult;
import dev.kinglet.train.metrics.EpochResult;
import dev.kinglet.train.metrics.Evaluation;
import dev.kinglet.train.options.Precision;
import dev.kinglet.train.options.TrainConfig;
import dev.kinglet.train.options.TrainOption;
import dev.kinglet.train.run.RunFolder;
import java.awt.image.BufferedImage;
import java.awt.image.RescaleOp;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("native")
class TrainingTest {
    @TempDir
    private Path folder;

    private TrainConfig config;

    @BeforeEach
    void draw() throws IOException {
        SyntheticImages.draw(folder.resolve("images"), 3, 4, 1);
        config = Recipes.config(folder.resolve("images"), "resnet20_cifar")
                .withEpochs(3)
                .withBatchSize(10)
                .withThreads(1)
                .withOutput(folder.resolve("runs"))
                .withName("whole");
    }

    @Test
    void a_run_that_was_stopped_and_resumed_ends_as_one_that_was_not_in_the_same_jvm() throws Exception {
        TrainingResult whole = Training.of(config).run();

        Training training = Training.of(config.withName("parts"));
        List<Integer> epochs = new ArrayList<>();
        TrainingResult part = training.listener(new TrainingListener() {
                    @Override
                    public void onStep(Step step) {
                        if (step.epoch() == 1) {
                            training.requestStop();
                        }
                    }

                    @Override
                    public void onEpoch(EpochResult result, boolean best) {
                        epochs.add(result.epoch());
                    }
                })
                .run();
        assertThat(part.outcome()).isEqualTo(TrainingResult.Outcome.INTERRUPTED);
        assertThat(epochs).containsExactly(0);
        TrainingResult rest = Training.resume(part.run()).run();

        assertThat(whole.outcome()).isEqualTo(TrainingResult.Outcome.FINISHED);
        assertThat(rest.outcome()).isEqualTo(TrainingResult.Outcome.FINISHED);
        assertThat(rest.run()).isEqualTo(part.run()).isNotEqualTo(whole.run());
        assertThat(weights(rest)).isEqualTo(weights(whole));
        assertThat(worstMistakes(rest.run())).contains("Heat map of ").isEqualTo(worstMistakes(whole.run()));
        assertThat(Files.readString(rest.run().resolve("train.log"))).doesNotContain("No heat maps");
    }

    private static String worstMistakes(Path run) throws IOException {
        String html = Files.readString(run.resolve("report.html"));
        return html.substring(html.indexOf("<h2>Worst mistakes</h2>"), html.indexOf("<h2>Classes</h2>"));
    }

    /** The lines of the log before the first step that warn of validation images among the training images. */
    private static List<String> leaks(Path run) throws IOException {
        List<String> lines = Files.readAllLines(run.resolve("train.log"));
        int first = lines.stream()
                .filter(line -> line.startsWith("Epoch: ["))
                .findFirst()
                .map(lines::indexOf)
                .orElseThrow();
        assertThat(lines.subList(first, lines.size())).noneMatch(line -> line.contains("accuracy will be too high"));
        return lines.subList(0, first).stream()
                .filter(line -> line.contains("accuracy will be too high"))
                .toList();
    }

    private List<Path> images(String split) throws IOException {
        try (Stream<Path> all = Files.walk(folder.resolve("images").resolve(split))) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
    }

    @Test
    void validation_images_that_are_training_images_are_warned_of_once_before_the_first_step() throws Exception {
        List<Path> train = images("train");
        List<Path> validation = images("val");
        for (int i = 0; i < 5; i++) {
            Files.copy(train.get(7 * i), validation.get(2 * i), StandardCopyOption.REPLACE_EXISTING);
        }
        Training training = Training.of(config);
        TrainingResult part = training.listener(stopAt(training, 1)).run();
        Training.resume(part.run()).run();

        Path data = folder.resolve("images");
        assertThat(leaks(part.run())).hasSize(1);
        assertThat(leaks(part.run()).get(0))
                .startsWith(
                        "5 validation images are the same, byte for byte, as training images, so the validation accuracy"
                                + " will be too high: " + data.relativize(validation.get(0)) + " = "
                                + data.relativize(train.get(0)) + ", " + data.relativize(validation.get(2)) + " = ")
                .contains(" and 2 more. ", "kinglet data info --near-duplicates", "kinglet data split");
        assertThat(leaks(Training.of(config.withName("unlimited").withEpochs(1))
                        .run()
                        .run()))
                .hasSize(1);
    }

    @Test
    void images_of_cifars_files_are_warned_of_by_their_pixels_and_have_heat_maps_too() throws Exception {
        Path cifar = Files.createDirectory(folder.resolve("cifar"));
        Random random = new Random(1);
        byte[] shared = new byte[3072];
        random.nextBytes(shared);
        for (String name :
                List.of("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch")) {
            ByteBuffer images = ByteBuffer.allocate(4 * (1 + shared.length));
            for (int i = 0; i < 4; i++) {
                byte[] pixels = new byte[shared.length];
                random.nextBytes(pixels);
                boolean isShared = i == 2 && (name.equals("data_batch_3") || name.equals("test_batch"));
                images.put((byte) i).put(isShared ? shared : pixels);
            }
            Files.write(cifar.resolve(name + ".bin"), images.array());
        }
        Files.write(cifar.resolve("batches.meta.txt"), List.of("a", "b", "c", "d", "e", "f", "g", "h", "i", "j"));
        TrainConfig ofCifar = Recipes.config(cifar, "resnet20_cifar")
                .withEpochs(1)
                .withBatchSize(10)
                .withThreads(1)
                .withOutput(folder.resolve("runs"))
                .withName("cifar");

        TrainingResult result = Training.of(ofCifar).run();

        assertThat(leaks(result.run())).hasSize(1);
        assertThat(leaks(result.run()).get(0))
                .startsWith("1 validation image is the same, byte for byte, as a training image, ")
                .contains(": " + TrainingData.open(ofCifar).validation().name(2) + " = "
                        + TrainingData.open(ofCifar).train().name(10) + ". ");
        assertThat(worstMistakes(result.run())).contains("Heat map of ");
    }

    @Test
    void near_duplicates_are_warned_of_if_the_configuration_says_so_with_the_measure_of_data_info() throws Exception {
        Path original = images("train").get(4);
        Path copy = images("val").get(6);
        BufferedImage image = Objects.requireNonNull(ImageIO.read(original.toFile()));
        ImageIO.write(new RescaleOp(0.8f, 30, null).filter(image, null), "png", copy.toFile());
        TrainConfig brief = config.withEpochs(1);

        TrainingResult plain = Training.of(brief).run();
        TrainingResult searched = Training.of(
                        brief.withName("searched").with(brief.data().withNearDuplicates(true)))
                .run();

        Path data = folder.resolve("images");
        NearDuplicates found = NearDuplicates.of(
                TrainingData.open(config),
                NearDuplicates.Features.thumbnails(() -> {}),
                NearDuplicates.THUMBNAIL_THRESHOLD,
                () -> {});
        assertThat(leaks(plain.run())).isEmpty();
        assertThat(leaks(searched.run())).hasSize(1);
        assertThat(leaks(searched.run()).get(0))
                .contains("nearly the same (similarity 0.75 and more) as")
                .contains(data.relativize(copy) + " ~ " + data.relativize(original) + " (")
                .contains(found.acrossSplits().get(0).toString());
        assertThat(RunFolder.open(searched.run()).config().data().nearDuplicates())
                .isTrue();
    }

    @Test
    void the_log_says_what_bfloat16_gains_or_loses() throws Exception {
        TrainConfig half = config.with(config.machine().withPrecision(Precision.BFLOAT16));

        TrainingResult result = Training.of(half).run();

        assertThat(Files.readString(result.run().resolve("train.log")))
                .containsPattern("Steps in bfloat16 are \\d+\\.\\d\\d times as fast as in float32");
        assertThat(RunFolder.open(result.run()).config().machine().precision()).isEqualTo(Precision.BFLOAT16);
    }

    @Test
    void a_resumed_run_keeps_its_validation_split_whatever_folders_come() throws Exception {
        Files.move(folder.resolve("images/val"), folder.resolve("images/test"));
        Training training = Training.of(config);
        TrainingResult part = training.listener(stopAt(training, 1)).run();
        SyntheticImages.draw(folder.resolve("others"), 5, 8, 2);
        Files.move(folder.resolve("others/val"), folder.resolve("images/val"));

        TrainingResult rest = Training.resume(part.run()).run();

        assertThat(RunFolder.open(part.run()).config().data().split()).contains("test");
        assertThat(rest.best().orElseThrow().evaluation().images())
                .isEqualTo(part.best().orElseThrow().evaluation().images());
    }

    /** Stops the training in that epoch. */
    private static TrainingListener stopAt(Training training, int epoch) {
        return new TrainingListener() {
            @Override
            public void onStep(Step step) {
                if (step.epoch() == epoch) {
                    training.requestStop();
                }
            }
        };
    }

    @Test
    void a_run_and_its_exported_file_are_evaluated_alike() throws Exception {
        TrainingResult result = Training.of(config.withEpochs(1)).run();
        Path exported = folder.resolve("x.onnx");
        Export.of(result.run()).to(exported);
        Dataset validation = TrainingData.open(config).validation();
        try (TrainedModel run = TrainedModel.open(folder.resolve("runs/latest"), 1);
                TrainedModel file = TrainedModel.open(exported, 2)) {
            Evaluation torch = Evaluator.defaults().evaluate(run, validation);
            Evaluation onnx = Evaluator.defaults().withBatchSize(3).evaluate(file, validation);
            assertThat(run.runtime()).isEqualTo("libtorch");
            assertThat(file.runtime()).isEqualTo("ONNX Runtime");
            assertThat(torch.images()).isEqualTo(onnx.images()).isEqualTo(10);
            assertThat(torch.top1()).isEqualTo(onnx.top1());
            assertThat(result.best().orElseThrow().evaluation().top1()).isEqualTo(torch.top1());

            Evaluator stopped = Evaluator.defaults().withStop(() -> true);
            assertThatThrownBy(() -> stopped.evaluate(run, validation)).isInstanceOf(CancellationException.class);
        }
    }

    @Test
    void validation_takes_the_mean_over_the_views_that_are_asked_for() throws Exception {
        TrainConfig flipped = config.withEpochs(1).with(TrainOption.TTA, "flip");
        TrainingResult result = Training.of(flipped).run();
        Dataset validation = TrainingData.open(flipped).validation();
        try (TrainedModel run = TrainedModel.open(result.run(), 1)) {
            double loss = result.best().orElseThrow().evaluation().loss();
            Evaluator center = Evaluator.defaults();
            assertThat(center.withViews(Views.FLIP).evaluate(run, validation).loss())
                    .isCloseTo(loss, within(1e-6 * loss)); // of float32 sums
            assertThat(center.evaluate(run, validation).loss()).isNotCloseTo(loss, within(1e-5));
        }
    }

    @Test
    void a_plan_has_the_steps_of_its_run_and_can_be_stopped() throws Exception {
        TrainConfig balanced = config.withName("planned")
                .with(TrainOption.CLASS_BALANCE, "sample")
                .with(TrainOption.AUG_REPEATS, "2");
        TrainingPlan plan = Training.of(balanced).plan();
        int[] steps = new int[1];
        Training.of(balanced)
                .listener(new TrainingListener() {
                    @Override
                    public void onStart(Plan run) {
                        steps[0] = run.stepsPerEpoch();
                    }
                })
                .run();
        assertThat(plan.stepsPerEpoch()).isEqualTo(steps[0]).isPositive();
        Training stopped = Training.of(balanced);
        stopped.requestStop();
        assertThatThrownBy(stopped::plan).isInstanceOf(CancellationException.class);
    }

    @Test
    void too_few_images_are_counted_in_the_singular_too() {
        assertThatThrownBy(() -> Training.of(config.with(TrainOption.LIMIT_TRAIN, "0.001"))
                        .run())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("batch_size is 10, but there is only 1 image to train on in ");
        assertThatThrownBy(() ->
                        Training.of(config.with(TrainOption.LIMIT_TRAIN, "2")).run())
                .hasMessageContaining("there are only 2 images to train on in ");
    }

    @Test
    void a_stop_before_the_run_begins_leaves_nothing_behind() {
        Training training = Training.of(config);
        training.requestStop();
        assertThatThrownBy(training::run).isInstanceOf(CancellationException.class);
        assertThat(folder.resolve("runs")).doesNotExist();
        assertThatThrownBy(training::run).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void a_run_can_begin_with_the_weights_of_another_run() throws Exception {
        Path first = Training.of(config.withEpochs(1)).run().run();
        TrainConfig tuned = config.with(TrainOption.INITIAL_CHECKPOINT, first.toString())
                .with(TrainOption.LR, "1e-30")
                .with(TrainOption.WEIGHT_DECAY, "0")
                .withEpochs(1)
                .withName("tuned");
        Tensors begun = weights(Training.of(tuned).run());
        Tensors before = TrainedModel.read(first).tensors();
        assertThat(begun.get("linear.weight")).isEqualTo(before.get("linear.weight"));
    }

    @Test
    void weights_of_another_network_are_refused_with_the_one_they_fit() throws Exception {
        Path first = Training.of(config.withEpochs(1)).run().run();
        TrainConfig other = TrainConfig.of(config.data().path(), "resnet32_cifar")
                .with(TrainOption.INITIAL_CHECKPOINT, first.toString())
                .withBatchSize(10)
                .withOutput(folder.resolve("runs"))
                .withName("other");
        assertThatThrownBy(() -> Training.of(other).run())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("does not fit resnet32_cifar")
                .hasMessageEndingWith("; it fits resnet20_cifar");
        assertThat(folder.resolve("runs/other")).doesNotExist();
    }

    @Test
    void latest_is_the_newest_run_of_a_folder() throws IOException {
        Path runs = folder.resolve("runs");
        Path latest = runs.resolve("latest");
        assertThatThrownBy(() -> Runs.resolve(latest)).isInstanceOf(IllegalArgumentException.class);
        assertThat(Runs.resolve(folder.resolve("x.onnx"))).isEqualTo(folder.resolve("x.onnx"));
        Files.createDirectories(latest); // a folder of that name is itself
        assertThat(Runs.resolve(latest)).isEqualTo(latest);
    }

    private static Tensors weights(TrainingResult result) throws IOException {
        return dev.kinglet.weights.ModelFile.read(
                        dev.kinglet.train.run.RunFolder.open(result.run()).lastWeights(), TrainedModel::network)
                .tensors();
    }
}
