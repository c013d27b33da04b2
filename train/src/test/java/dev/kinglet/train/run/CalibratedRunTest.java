package dev.kinglet.train.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.kinglet.data.Dataset;
import dev.kinglet.data.Loader;
import dev.kinglet.image.Batch;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.RgbImage;
import dev.kinglet.network.Card;
import dev.kinglet.train.DrawnImages;
import dev.kinglet.train.TrainingListener;
import dev.kinglet.train.TrainingResult;
import dev.kinglet.train.calibration.LabeledLogits;
import dev.kinglet.train.calibration.TemperatureScaling;
import dev.kinglet.train.distributed.ProcessGroup;
import dev.kinglet.train.distributed.ThreadGroups;
import dev.kinglet.train.metrics.BestEpoch;
import dev.kinglet.train.metrics.ConfusionMatrix;
import dev.kinglet.train.metrics.Evaluation;
import dev.kinglet.train.metrics.Scorer;
import dev.kinglet.train.options.TrainConfig;
import dev.kinglet.train.options.TrainOption;
import dev.kinglet.train.options.TrainOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run says of its best weights' scores: two epochs of a real learner on images in memory. */
class CalibratedRunTest {
    private static final Dataset TRAINING = new DrawnImages(64, 1);
    private static final Dataset VALIDATION = new Mislabeled(new DrawnImages(130, 2));

    /** Images of which every tenth has a wrong label, so that no network is always right. */
    private record Mislabeled(DrawnImages images) implements Dataset {
        @Override
        public List<String> labels() {
            return images.labels();
        }

        @Override
        public int size() {
            return images.size();
        }

        @Override
        public int label(int index) {
            return index % 10 == 0 ? (images.label(index) + 1) % 3 : images.label(index);
        }

        @Override
        public String name(int index) {
            return images.name(index);
        }

        @Override
        public RgbImage image(int index) throws ImageException {
            return images.image(index);
        }
    }

    /** What a kill does, as near as a test gets. */
    private static final class Killed extends Error {
        private static final long serialVersionUID = 1L;
    }

    @TempDir
    private Path runs;

    private RunFolder newRun(String name, String... options) throws IOException {
        TrainOptions all = TrainOptions.none()
                .with(List.of(
                        "data=drawn",
                        "model=softmax",
                        "img_size=" + DrawnImages.SIDE,
                        "crop_pct=1",
                        "crop=none",
                        "batch_size=8",
                        "epochs=2",
                        "lr=0.2",
                        "seed=7"))
                .with(List.of(options))
                .with(TrainOption.NAME, name)
                .with(TrainOption.OUTPUT, runs.toString());
        return RunFolder.create(TrainConfig.of(all), TRAINING.labels());
    }

    private static SoftmaxRegression learner() {
        return new SoftmaxRegression(3, DrawnImages.SIDE, 0.9);
    }

    private static TrainingResult train(RunFolder run, Dataset validation) throws Exception {
        return new Trainer(run, learner(), TRAINING, validation, Map.of(), TrainingListener.NONE).train();
    }

    private static Card bestCard(RunFolder run) throws IOException {
        return Card.fromMetadata(SoftmaxRegression.read(run.bestWeights()).entries());
    }

    private static String log(RunFolder run) throws IOException {
        return Files.readString(run.folder().resolve("train.log"));
    }

    @Test
    void the_best_weights_carry_the_temperature_that_fits_their_logits() throws Exception {
        RunFolder run = newRun("calibrated", "epochs=1");
        SoftmaxRegression learner = learner();
        BestEpoch best = new Trainer(run, learner, TRAINING, VALIDATION, Map.of(), TrainingListener.NONE)
                .train()
                .best()
                .orElseThrow();

        LabeledLogits logits = new LabeledLogits(3);
        for (Loader loader : Trainer.validationLoaders(run.config(), VALIDATION)) {
            try (Loader.Epoch epoch = loader.epoch(0)) {
                for (Batch batch = epoch.next(); batch != null; batch = epoch.next()) {
                    float[] all = learner.logits(batch);
                    for (int i = 0; i < batch.size(); i++) {
                        logits.add(Arrays.copyOfRange(all, 3 * i, 3 * i + 3), batch.labels()[i]);
                    }
                }
            }
        }
        TemperatureScaling expected = TemperatureScaling.of(logits);
        assertThat(best.scaling()).contains(expected);
        assertThat(bestCard(run).temperature()).hasValue(expected.temperature());
        assertThat(expected.loss()).isLessThan(expected.lossBefore());
        assertThat(expected.lossBefore()).isCloseTo(best.evaluation().loss(), within(1e-9));
        assertThat(expected.images()).isEqualTo(130);

        JsonNode figures =
                new JsonMapper().readTree(Files.readString(run.folder().resolve("report.json")));
        assertThat(figures.at("/calibration/temperature").doubleValue())
                .isCloseTo(expected.temperature(), within(1e-6));
        assertThat(figures.at("/calibration/ece_before").doubleValue())
                .isCloseTo(100 * expected.before().expectedCalibrationError(), within(1e-4));
        assertThat(Files.readAllLines(run.folder().resolve("reliability.csv"))).hasSize(16);
        assertThat(Files.readString(run.report())).contains("<h2>Calibration</h2>", "Reliability diagram");
        assertThat(log(run)).contains("Calibrated with temperature ", "130 validation images");
        assertThat(SoftmaxRegression.read(run.lastWeights()).entries()).doesNotContainKey("temperature");
    }

    @Test
    void a_kill_before_the_weights_are_written_leaves_them_their_temperature() throws Exception {
        RunFolder undisturbed = newRun("undisturbed");
        int best = train(undisturbed, VALIDATION).best().orElseThrow().epoch();
        RunFolder run = newRun("killed");
        SoftmaxRegression dying = learner();
        int[] epoch = {0};
        TrainingListener listener = new TrainingListener() {
            @Override
            public void onEvaluated(int of, long images, long ofImages) {
                epoch[0] = of;
            }
        };
        Path fatal = run.bestWeights();
        TrainerTest.Variation killed = new TrainerTest.Variation(dying) {
            @Override
            public void saveWeights(Path file, Card card) throws IOException {
                if (file.equals(fatal) && epoch[0] == best) {
                    throw new Killed();
                }
                super.saveWeights(file, card);
            }
        };
        assertThatThrownBy(() -> new Trainer(run, killed, TRAINING, VALIDATION, Map.of(), listener).train())
                .isInstanceOf(Killed.class);

        new Trainer(RunFolder.open(run.folder()), learner(), TRAINING, VALIDATION, Map.of(), TrainingListener.NONE)
                .resume();

        assertThat(run.bestWeights()).hasSameBinaryContentAs(undisturbed.bestWeights());
        assertThat(run.folder().resolve("reliability.csv"))
                .hasSameBinaryContentAs(undisturbed.folder().resolve("reliability.csv"));
        assertThat(bestCard(run).temperature()).isPresent();
    }

    @Test
    void two_processes_find_the_temperature_of_one() throws Exception {
        SoftmaxRegression learner = learner();
        RunFolder run = newRun("shards");
        new Trainer(run, learner, TRAINING, VALIDATION, Map.of(), TrainingListener.NONE).train();
        ValidationLogits alone = new ValidationLogits(VALIDATION.size(), 3);
        score(alone, learner, run, 0, 1);
        Optional<TemperatureScaling> expected = alone.fit(ProcessGroup.ALONE);

        List<Optional<TemperatureScaling>> shared = ThreadGroups.run(2, group -> {
            ValidationLogits own = new ValidationLogits(VALIDATION.size(), 3);
            score(own, learner, run, group.rank(), 2);
            return own.fit(group);
        });

        assertThat(expected).isPresent();
        assertThat(shared).allSatisfy(found -> assertThat(found).isEqualTo(expected));
    }

    /** Scores every nth batch. */
    private static void score(ValidationLogits logits, Scorer scorer, RunFolder run, int first, int every)
            throws Exception {
        Loader loader = Trainer.validationLoaders(run.config(), VALIDATION).get(0);
        int number = 0;
        try (Loader.Epoch epoch = loader.epoch(0)) {
            for (Batch batch = epoch.next(); batch != null; batch = epoch.next()) {
                if (number % every == first) {
                    logits.of(scorer).logits(batch);
                }
                number++;
            }
        }
    }

    @Test
    void without_the_option_there_is_no_temperature_and_weights_are_the_same() throws Exception {
        RunFolder calibrated = newRun("with");
        train(calibrated, VALIDATION);
        RunFolder run = newRun("without", "calibrate=false");
        TrainingResult result = train(run, VALIDATION);

        assertThat(result.best().orElseThrow().scaling()).isEmpty();
        assertThat(bestCard(run)).isEqualTo(bestCard(calibrated).uncalibrated());
        assertThat(SoftmaxRegression.read(run.bestWeights()).numbers())
                .containsExactly(
                        SoftmaxRegression.read(calibrated.bestWeights()).numbers());
        assertThat(run.folder().resolve("reliability.csv")).doesNotExist();
        assertThat(log(run)).doesNotContain("alibrated");
    }

    @Test
    void few_images_fit_no_temperature_and_the_log_says_so() throws Exception {
        RunFolder run = newRun("few");
        train(run, new DrawnImages(99, 2));

        assertThat(bestCard(run).temperature()).isEmpty();
        assertThat(log(run))
                .contains(
                        "Not calibrated: 99 validation images are too few to fit a temperature on; at least 100 are needed");
        assertThat(Files.readString(run.report())).doesNotContain("Reliability diagram");
    }

    @Test
    void images_that_are_all_classified_correctly_fit_no_temperature() {
        ConfusionMatrix right = new ConfusionMatrix(List.of("a", "b"), new int[][] {{60, 0}, {0, 60}});
        ConfusionMatrix wrong = new ConfusionMatrix(List.of("a", "b"), new int[][] {{60, 0}, {1, 60}});

        assertThat(ValidationLogits.obstacle(new Evaluation(100, 0.1, 0, 0, 1, right)))
                .hasValueSatisfying(
                        why -> assertThat(why).startsWith("every validation image is classified correctly"));
        assertThat(ValidationLogits.obstacle(new Evaluation(100, 0.1, 0, 0, 1, wrong)))
                .isEmpty();
    }

    @Test
    void logits_that_say_nothing_of_the_classes_fit_no_temperature() throws Exception {
        ValidationLogits logits = new ValidationLogits(VALIDATION.size(), 3);
        score(logits, learner(), newRun("zeros"), 0, 1);

        assertThat(logits.fit(ProcessGroup.ALONE)).isEmpty();
    }
}
