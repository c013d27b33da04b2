package dev.kinglet.toolkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kinglet.data.Dataset;
import dev.kinglet.image.Views;
import dev.kinglet.network.Tensors;
import dev.kinglet.toolkit.synthetic.SyntheticImages;
import dev.kinglet.train.TrainingListener;
import dev.kinglet.train.TrainingResult;
import dev.kinglet.train.metrics.EpochResult;
import dev.kinglet.train.metrics.Evaluation;
import dev.kinglet.train.options.Precision;
import dev.kinglet.train.options.TrainConfig;
import dev.kinglet.train.options.TrainOption;
import dev.kinglet.train.run.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
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
