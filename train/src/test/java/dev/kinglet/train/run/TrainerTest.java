package dev.kinglet.train.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.kinglet.data.Dataset;
import dev.kinglet.image.Batch;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.RgbImage;
import dev.kinglet.image.explain.Explainer;
import dev.kinglet.network.Card;
import dev.kinglet.train.DivergedException;
import dev.kinglet.train.DrawnImages;
import dev.kinglet.train.Learner;
import dev.kinglet.train.TrainingListener;
import dev.kinglet.train.TrainingResult;
import dev.kinglet.train.metrics.BestEpoch;
import dev.kinglet.train.metrics.ConfusionMatrix;
import dev.kinglet.train.metrics.Csv;
import dev.kinglet.train.metrics.EpochResult;
import dev.kinglet.train.metrics.Predictions;
import dev.kinglet.train.metrics.Scorer;
import dev.kinglet.train.metrics.StepResult;
import dev.kinglet.train.options.TrainConfig;
import dev.kinglet.train.options.TrainOption;
import dev.kinglet.train.options.TrainOptions;
import java.awt.image.BufferedImage;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The loop with a real learner in plain Java on images in memory: 10 steps an epoch, 3 epochs. */
class TrainerTest {
    private static final int STEPS = 10;
    private static final int EPOCHS = 3;
    private static final Dataset TRAINING = new DrawnImages(85, 1);
    private static final Dataset VALIDATION = new DrawnImages(30, 2);

    /** What a kill does, as near as a test gets: nothing after it is done. */
    private static final class Killed extends Error {
        private static final long serialVersionUID = 1L;
    }

    private static RunFolder uninterrupted;
    private static double[] expectedWeights;

    @TempDir
    Path runs;

    private TrainOptions options;

    @BeforeEach
    void chooseOptions() {
        options = options(runs);
    }

    private static TrainOptions options(Path runs) {
        return TrainOptions.none()
                .with("data=drawn")
                .with("model=softmax")
                .with("img_size=" + DrawnImages.SIDE)
                .with("crop_pct=1")
                .with("crop=padded")
                .with("padding=1")
                .with("batch_size=8")
                .with("epochs=" + EPOCHS)
                .with("lr=0.2")
                .with("warmup_epochs=0.5")
                .with("seed=7")
                .with("log_interval=4")
                .with("recipe=test")
                .with(TrainOption.OUTPUT, runs.toString());
    }

    private RunFolder newRun(String name) throws IOException {
        return RunFolder.create(TrainConfig.of(options.with(TrainOption.NAME, name)), TRAINING.labels());
    }

    private static SoftmaxRegression learner() {
        return new SoftmaxRegression(3, DrawnImages.SIDE, 0.9);
    }

    private static Trainer trainer(RunFolder run, Learner learner, TrainingListener listener) {
        return new Trainer(run, learner, TRAINING, VALIDATION, Map.of(Card.DATASET_DIGEST, "abc"), listener);
    }

    /** A listener that does something after a step of the whole run, from 0. */
    private static TrainingListener atStep(long wanted, Runnable action) {
        return new TrainingListener() {
            @Override
            public void onStep(Step step) {
                if ((long) step.epoch() * STEPS + step.step() == wanted) {
                    action.run();
                }
            }
        };
    }

    private static TrainingListener killAt(long step) {
        return atStep(step, () -> {
            throw new Killed();
        });
    }

    private static TrainingResult resume(RunFolder run, Learner learner) throws Exception {
        return trainer(RunFolder.open(run.folder()), learner, TrainingListener.NONE)
                .resume();
    }

    /** The run that nothing happens to, and the weights it ends with. */
    @BeforeAll
    static void trainWithoutInterruption(@TempDir Path folder) throws Exception {
        SoftmaxRegression learner = learner();
        uninterrupted = RunFolder.create(TrainConfig.of(options(folder)), TRAINING.labels());
        trainer(uninterrupted, learner, TrainingListener.NONE).train();
        expectedWeights = learner.weights();
    }

    private static String log(RunFolder run) throws IOException {
        return Files.readString(run.folder().resolve("train.log"));
    }

    /** The columns of results.csv that do not depend on the clock. */
    private static List<String> timeless(RunFolder run) throws IOException {
        return Files.readAllLines(run.folder().resolve("results.csv")).stream()
                .map(line -> line.split(",", -1))
                .map(cells -> String.join(",", List.of(cells).subList(0, 7)))
                .toList();
    }

    /** After any detour, a run is to be as if nothing had happened. */
    private void assertEndsAsIfUninterrupted(RunFolder run, SoftmaxRegression learner, TrainingResult result)
            throws Exception {
        assertThat(result.outcome()).isEqualTo(TrainingResult.Outcome.FINISHED);
        assertThat(learner.weights()).isEqualTo(expectedWeights);
        assertThat(timeless(run)).isEqualTo(timeless(uninterrupted)).hasSize(1 + EPOCHS);
        assertThat(run.loggedSteps()).extracting(LoggedStep::step).isSorted().doesNotHaveDuplicates();
        assertThat(uninterrupted.loggedSteps()).containsAll(run.loggedSteps());
        assertThat(run.lastWeights()).hasSameBinaryContentAs(uninterrupted.lastWeights());
        assertThat(run.bestWeights()).hasSameBinaryContentAs(uninterrupted.bestWeights());
        assertThat(run.folder().resolve("confusion_matrix.csv"))
                .hasSameTextualContentAs(uninterrupted.folder().resolve("confusion_matrix.csv"));
    }

    @Test
    void a_run_learns_and_keeps_its_records() throws Exception {
        RunFolder run = newRun("whole");
        SoftmaxRegression learner = learner();
        List<String> told = new ArrayList<>();

        TrainingResult result = trainer(run, learner, new TrainingListener() {
                    @Override
                    public void onStart(Plan plan) {
                        told.add("start " + plan.steps() + " " + plan.stepsDone());
                    }

                    @Override
                    public void onStep(Step step) {
                        if (step.step() == STEPS - 1) {
                            told.add("step " + step.epoch() + " " + step.images());
                        }
                    }

                    @Override
                    public void onEvaluated(int epoch, long images, long ofImages) {
                        if (images == ofImages) {
                            told.add("evaluated " + epoch);
                        }
                    }

                    @Override
                    public void onEpoch(EpochResult epoch, boolean best) {
                        told.add("epoch " + epoch.epoch());
                    }
                })
                .train();

        assertThat(result.outcome()).isEqualTo(TrainingResult.Outcome.FINISHED);
        assertThat(result.epochs()).isEqualTo(EPOCHS);
        BestEpoch best = result.best().orElseThrow();
        assertThat(best.evaluation().top1()).isGreaterThan(80);
        assertThat(best.evaluation().images()).isEqualTo(30);
        assertThat(told)
                .containsExactly(
                        "start 30 0",
                        "step 0 8",
                        "evaluated 0",
                        "epoch 0",
                        "step 1 8",
                        "evaluated 1",
                        "epoch 1",
                        "step 2 8",
                        "evaluated 2",
                        "epoch 2");

        assertThat(log(run))
                .contains(
                        "3 epochs of 10 steps, 8 images each (5 images at the end of an epoch's order do not fill a batch and"
                                + " are left out); seed ");
        assertThat(run.loggedSteps()) // every fourth of an epoch, and its last
                .extracting(LoggedStep::step)
                .containsExactly(1L, 5L, 9L, 10L, 11L, 15L, 19L, 20L, 21L, 25L, 29L, 30L);
        assertThat(run.loggedSteps().get(3).epoch()).isEqualTo(0.95);
        assertThat(run.loggedSteps()).allSatisfy(step -> assertThat(step.loss()).isPositive());
        List<EpochResult> rows = run.results();
        assertThat(rows).extracting(EpochResult::epoch).containsExactly(0, 1, 2);
        assertThat(rows.get(2).trainLoss()).isLessThan(rows.get(0).trainLoss());
        assertThat(rows.get(best.epoch()).valTop1())
                .isEqualTo(rows.stream().mapToDouble(EpochResult::valTop1).max().orElseThrow());
        assertThat(rows).allSatisfy(row -> {
            assertThat(row.imagesPerSecond()).isPositive();
            assertThat(row.seconds()).isPositive().isGreaterThanOrEqualTo(row.waitSeconds());
        });

        SoftmaxRegression.Saved last = SoftmaxRegression.read(run.lastWeights());
        assertThat(last.numbers()).isEqualTo(learner.weights());
        Card card = Card.fromMetadata(SoftmaxRegression.read(run.bestWeights()).entries());
        assertThat(card.labels()).isEqualTo(TRAINING.labels());
        assertThat(card.preprocessing()).isEqualTo(run.config().preprocessing());
        assertThat(card.provenance())
                .containsEntry(Card.RECIPE, "test")
                .containsEntry(Card.DATASET_DIGEST, "abc")
                .containsEntry(Card.TOP1, Csv.decimal(best.evaluation().top1(), 4));
        assertThat(run.checkpoints()).hasSize(2);
    }

    @Test
    void the_log_has_a_line_every_interval_and_one_for_memory_every_epoch() throws Exception {
        RunFolder run = newRun("log");
        trainer(run, learner(), TrainingListener.NONE).train();

        List<String> steps =
                log(run).lines().filter(line -> line.contains(" eta: ")).toList();
        assertThat(steps).hasSize(4 * EPOCHS).allMatch(line -> line.matches(LogAndResultsTest.STEP_LINE));
        assertThat(steps.subList(0, 4))
                .extracting(line -> line.substring(0, line.indexOf(" eta")))
                .containsExactly("Epoch: [0] [0/10]", "Epoch: [0] [4/10]", "Epoch: [0] [8/10]", "Epoch: [0] [9/10]");
        assertThat(steps.get(0)).contains("lr: 0.040000");
        assertThat(log(run).lines().filter(line -> line.matches("Memory: .*Java heap \\d+ of at most \\d+ MiB")))
                .hasSize(EPOCHS);
    }

    @Test
    void the_report_is_one_page_with_its_images_inside() throws Exception {
        RunFolder run = newRun("<b>&report");
        TrainingResult result = trainer(run, learner(), TrainingListener.NONE).train();

        String html = Files.readString(run.report());
        assertThat(html).contains("&lt;b&gt;&amp;report").doesNotContain("<b>&report");
        assertThat(html)
                .contains(Csv.decimal(result.best().orElseThrow().evaluation().top1(), 2) + " %");
        assertThat(html).doesNotContain("http").doesNotContain("<script").contains("finished");
        Matcher images = Pattern.compile("src=\"data:image/(?:png|jpeg);base64,([^\"]+)\"")
                .matcher(html);
        ConfusionMatrix confusion = result.best().orElseThrow().evaluation().confusion();
        int wrong = (int) (confusion.images() - confusion.correct());
        List<byte[]> inside = new ArrayList<>();
        while (images.find()) {
            inside.add(Base64.getDecoder().decode(images.group(1)));
        }
        assertThat(inside).hasSize(2 + 3 * wrong + 3); // each with two heat maps, and the contact sheets
        for (byte[] image : inside) {
            assertThat(ImageIO.read(new ByteArrayInputStream(image))).isNotNull();
        }
        assertThat(run.curves()).hasBinaryContent(inside.get(0));
        assertThat(run.confusionMatrix()).hasBinaryContent(inside.get(1));
        BufferedImage curves = ImageIO.read(run.curves().toFile());
        assertThat(curves.getWidth()).isEqualTo(1600);

        JsonNode json =
                new JsonMapper().readTree(run.folder().resolve("report.json").toFile());
        assertThat(json.get("status").asText()).isEqualTo("finished");
        assertThat(json.get("model").asText()).isEqualTo("softmax");
        assertThat(json.get("top1").doubleValue() + json.get("top1_err").doubleValue())
                .isEqualTo(100);
        assertThat(json.get("classes")).hasSize(3);
        assertThat(json.get("config").get("batch_size").intValue()).isEqualTo(8);
        assertThat(json.get("images").intValue()).isEqualTo(30);
        double sum = 0; // of F1, by hand
        for (int c = 0; c < 3; c++) {
            int predicted = confusion.count(0, c) + confusion.count(1, c) + confusion.count(2, c);
            double f1 = 2.0 * confusion.count(c, c) / (predicted + confusion.images(c));
            assertThat(json.get("classes").get(c).get("f1").doubleValue()).isCloseTo(f1, within(5e-5));
            assertThat(html).contains(">" + Csv.decimal(100 * f1, 1) + " %</td><td class=\"bar\">");
            sum += f1;
        }
        assertThat(json.get("macro_f1").doubleValue()).isCloseTo(100 * sum / 3, within(5e-5));
        assertThat(html).contains("<b>" + Csv.decimal(100 * sum / 3, 2) + " %</b><span>macro F1</span>");
    }

    /** Validates with images of which every fifth has a wrong label. */
    private static Trainer mistaken(RunFolder run, Learner learner, TrainingListener listener) {
        Dataset mislabeled = new Dataset() {
            @Override
            public List<String> labels() {
                return VALIDATION.labels();
            }

            @Override
            public int size() {
                return VALIDATION.size();
            }

            @Override
            public int label(int index) {
                return (VALIDATION.label(index) + (index % 5 == 0 ? 1 : 0)) % 3;
            }

            @Override
            public String name(int index) {
                return VALIDATION.name(index);
            }

            @Override
            public RgbImage image(int index) throws ImageException {
                return VALIDATION.image(index);
            }
        };
        return new Trainer(run, learner, TRAINING, mislabeled, Map.of(), listener);
    }

    private static String worstMistakes(RunFolder run) throws IOException {
        String html = Files.readString(run.report());
        return html.substring(html.indexOf("<h2>Worst mistakes</h2>"), html.indexOf("<h2>Classes</h2>"));
    }

    @Test
    void the_report_of_a_finished_run_has_heat_maps_of_the_worst_mistakes_and_that_of_a_resumed_one_has_the_same()
            throws Exception {
        RunFolder whole = newRun("mistaken");
        mistaken(whole, learner(), TrainingListener.NONE).train();
        RunFolder run = newRun("stopped");
        Trainer[] stopped = new Trainer[1];
        stopped[0] = mistaken(run, learner(), atStep(15, () -> stopped[0].requestStop()));
        stopped[0].train();
        assertThat(worstMistakes(run)).contains("<figure>").doesNotContain("Heat map");
        mistaken(RunFolder.open(run.folder()), learner(), TrainingListener.NONE).resume();

        Predictions.Row worst = Predictions.read(run.folder().resolve(Predictions.CSV)).stream()
                .filter(row -> !row.isCorrect())
                .max(Comparator.comparingDouble(Predictions.Row::loss))
                .orElseThrow();
        assertThat(worstMistakes(run))
                .contains("heat maps of the predicted and of the true class")
                .containsSubsequence(
                        "<img alt=\"\"",
                        "<img alt=\"Heat map of " + worst.predicted() + "\"",
                        ">" + worst.predicted() + "</span>",
                        "<img alt=\"Heat map of " + worst.label() + "\"",
                        "true: " + worst.label(),
                        worst.file())
                .isEqualTo(worstMistakes(whole));
    }

    @Test
    void a_training_that_is_done_does_not_fail_for_want_of_heat_maps() throws Exception {
        RunFolder run = newRun("unexplained");
        Learner unexplained = new Variation(learner()) {
            @Override
            public Optional<Explainer> explainer(Path weights) {
                throw new IllegalArgumentException("softmax has no feature map");
            }
        };

        TrainingResult result =
                mistaken(run, unexplained, TrainingListener.NONE).train();

        assertThat(result.outcome()).isEqualTo(TrainingResult.Outcome.FINISHED);
        assertThat(log(run)).contains("No heat maps in the report: softmax has no feature map");
        assertThat(worstMistakes(run)).contains("<figure>").doesNotContainIgnoringCase("heat map");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 9, 15, 29})
    void a_run_that_is_asked_to_stop_goes_on_as_if_it_had_not_been(long step) throws Exception {
        RunFolder run = newRun("stopped");
        Trainer[] trainer = new Trainer[1];
        trainer[0] = trainer(run, learner(), atStep(step, () -> trainer[0].requestStop()));

        TrainingResult stopped = trainer[0].train();

        assertThat(stopped.outcome()).isEqualTo(TrainingResult.Outcome.INTERRUPTED);
        assertThat(stopped.epochs()).isEqualTo((int) (step / STEPS));
        assertThat(run.checkpoints().get(0).getFileName()).hasToString("step-" + (step + 1) + ".safetensors");
        assertThat(log(run)).contains("Stopped on request at epoch " + step / STEPS);
        SoftmaxRegression learner = learner();
        assertEndsAsIfUninterrupted(run, learner, resume(run, learner));
    }

    @Test
    void a_stop_during_evaluation_leaves_only_the_evaluation_to_do() throws Exception {
        RunFolder run = newRun("evaluating");
        Trainer[] trainer = new Trainer[1];
        trainer[0] = trainer(run, learner(), new TrainingListener() {
            @Override
            public void onEvaluated(int epoch, long images, long ofImages) {
                if (epoch == 1) {
                    trainer[0].requestStop();
                }
            }
        });

        assertThat(trainer[0].train().outcome()).isEqualTo(TrainingResult.Outcome.INTERRUPTED);

        SoftmaxRegression learner = learner();
        AtomicInteger steps = new AtomicInteger();
        TrainingResult result = trainer(run, learner, new TrainingListener() {
                    @Override
                    public void onStep(Step step) {
                        steps.incrementAndGet();
                    }
                })
                .resume();
        assertThat(steps).hasValue(STEPS);
        assertEndsAsIfUninterrupted(run, learner, result);
    }

    @Test
    void an_interrupt_of_the_thread_is_a_request_to_stop() throws Exception {
        RunFolder run = newRun("thread");
        TrainingListener interrupting = atStep(4, () -> Thread.currentThread().interrupt());

        TrainingResult result = trainer(run, learner(), interrupting).train();

        assertThat(Thread.interrupted()).isTrue();
        assertThat(result.outcome()).isEqualTo(TrainingResult.Outcome.INTERRUPTED);
        assertThat(run.checkpoints().get(0).getFileName()).hasToString("step-5.safetensors");
        SoftmaxRegression learner = learner();
        assertEndsAsIfUninterrupted(run, learner, resume(run, learner));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 10, 17, 29})
    void a_killed_run_goes_on_from_its_newest_checkpoint(long step) throws Exception {
        options = options.with("checkpoint_interval=0.000001"); // after every step
        RunFolder run = newRun("killed");
        assertThatThrownBy(() -> trainer(run, learner(), killAt(step)).train()).isInstanceOf(Killed.class);

        SoftmaxRegression learner = learner();
        TrainingResult result = resume(run, learner);

        if (step > 0) {
            assertThat(log(run)).contains("Resumed from step-" + step + ".safetensors");
        } else {
            assertThat(log(run)).contains("Resumed without a checkpoint: from the first step");
        }
        assertEndsAsIfUninterrupted(run, learner, result);
    }

    /** Trains in a process of its own until it is killed: {@code args} are the run's folder and the step to wait at. */
    static final class Doomed {
        private Doomed() {}

        public static void main(String[] args) throws Exception {
            long step = Long.parseLong(args[1]);
            trainer(RunFolder.open(Path.of(args[0])), learner(), atStep(step, () -> {
                        System.out.println("waiting");
                        LockSupport.park(); // for good
                        throw new AssertionError("was to be killed");
                    }))
                    .train();
        }
    }

    @Test
    void a_process_that_is_killed_leaves_a_run_that_goes_on() throws Exception {
        options = options.with("checkpoint_interval=0.000001");
        RunFolder run = newRun("process");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Djava.awt.headless=true",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Doomed.class.getName(),
                        run.folder().toString(),
                        "17")
                .redirectErrorStream(true)
                .start();
        try (BufferedReader output = process.inputReader()) {
            assertThat(output.lines().anyMatch("waiting"::equals)).isTrue();
        } finally {
            process.destroyForcibly().waitFor();
        }

        SoftmaxRegression learner = learner();
        TrainingResult result = resume(run, learner);

        assertThat(log(run)).contains("Resumed from step-17.safetensors: epoch 1, step 7");
        assertEndsAsIfUninterrupted(run, learner, result);
    }

    @Test
    void without_an_interval_a_killed_run_repeats_its_epoch_and_no_row_is_doubled() throws Exception {
        options = options.with("checkpoint_interval=0");
        RunFolder run = newRun("killed");
        assertThatThrownBy(() -> trainer(run, learner(), killAt(25)).train()).isInstanceOf(Killed.class);
        assertThat(run.checkpoints().get(0).getFileName()).hasToString("step-20.safetensors");

        SoftmaxRegression learner = learner();
        assertEndsAsIfUninterrupted(run, learner, resume(run, learner));
    }

    /** A learner that does as another, for tests in which it does one thing differently. */
    static class Variation implements Learner {
        private final Learner learner;

        Variation(Learner learner) {
            this.learner = learner;
        }

        @Override
        public int classes() {
            return learner.classes();
        }

        @Override
        public float[] logits(Batch batch) {
            return learner.logits(batch);
        }

        @Override
        public StepResult step(List<Batch> batches, int images, double learningRate) {
            return learner.step(batches, images, learningRate);
        }

        @Override
        public boolean weightsAreFinite() {
            return learner.weightsAreFinite();
        }

        @Override
        public void saveWeights(Path file, Card card) throws IOException {
            learner.saveWeights(file, card);
        }

        @Override
        public void saveCheckpoint(Path file, Map<String, String> loopState) throws IOException {
            learner.saveCheckpoint(file, loopState);
        }

        @Override
        public Map<String, String> loadCheckpoint(Path file) throws IOException {
            return learner.loadCheckpoint(file);
        }

        @Override
        public void close() {}
    }

    /** A learner that dies when it is to write what {@code fatal} says. */
    private static Learner dyingAt(SoftmaxRegression learner, Consumer<Path> fatal) {
        return new Variation(learner) {
            @Override
            public void saveWeights(Path file, Card card) throws IOException {
                fatal.accept(file);
                super.saveWeights(file, card);
            }

            @Override
            public void saveCheckpoint(Path file, Map<String, String> loopState) throws IOException {
                fatal.accept(file);
                super.saveCheckpoint(file, loopState);
            }
        };
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "step-20.safetensors",
                "last.safetensors",
                "weights/best.safetensors",
                "checkpoints/best.safetensors"
            })
    void a_kill_between_two_files_of_an_epochs_end_leaves_nothing_behind(String name) throws Exception {
        RunFolder run = newRun("between");
        AtomicInteger writes = new AtomicInteger();
        int wanted = name.startsWith("step") ? 1 : 2; // of the weights, those of the second epoch
        Learner dying = dyingAt(learner(), file -> {
            if (file.endsWith(name) && writes.incrementAndGet() == wanted) {
                throw new Killed();
            }
        });
        assertThatThrownBy(() -> trainer(run, dying, TrainingListener.NONE).train())
                .isInstanceOf(Killed.class);
        assertThat(run.results()).hasSize(2);

        SoftmaxRegression learner = learner();
        assertEndsAsIfUninterrupted(run, learner, resume(run, learner));
    }

    @Test
    void a_damaged_checkpoint_is_set_aside_for_the_one_before() throws Exception {
        RunFolder run = newRun("damaged");
        assertThatThrownBy(() -> trainer(run, learner(), killAt(25)).train()).isInstanceOf(Killed.class);
        Path newest = run.checkpoints().get(0);
        byte[] bytes = Files.readAllBytes(newest);
        bytes[bytes.length / 2] ^= 1;
        Files.write(newest, bytes);

        SoftmaxRegression learner = learner();
        TrainingResult result = resume(run, learner);

        assertThat(log(run))
                .contains("Checkpoint step-20.safetensors cannot be used: ")
                .contains("Resumed from step-10.safetensors: epoch 1, step 0");
        assertThat(newest.resolveSibling("step-20.safetensors.damaged")).hasBinaryContent(bytes);
        assertEndsAsIfUninterrupted(run, learner, result);
    }

    @Test
    void a_run_without_a_sound_checkpoint_cannot_go_on() throws Exception {
        RunFolder run = newRun("damaged");
        assertThatThrownBy(() -> trainer(run, learner(), killAt(25)).train()).isInstanceOf(Killed.class);
        for (Path checkpoint : run.checkpoints()) {
            Files.write(checkpoint, new byte[] {1, 2, 3});
        }

        assertThatThrownBy(() -> resume(run, learner()))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("none of the 2 checkpoints of " + run.folder() + " can be used");
        assertThat(run.checkpoints()).hasSize(2);
    }

    @Test
    void a_finished_run_stays_finished() throws Exception {
        RunFolder run = newRun("finished");
        TrainingResult first = trainer(run, learner(), TrainingListener.NONE).train();
        List<String> rows = timeless(run);

        SoftmaxRegression learner = learner();
        TrainingResult second = resume(run, learner);

        assertThat(second.outcome()).isEqualTo(TrainingResult.Outcome.ALREADY_FINISHED);
        assertThat(log(run)).contains("The run is finished: 3 epochs done; resume it with more epochs to train on");
        assertThat(second.best()).isEqualTo(first.best());
        assertThat(second.time()).isPositive();
        assertThat(timeless(run)).isEqualTo(rows);
        assertThatThrownBy(() -> trainer(run, learner, TrainingListener.NONE).train())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("has been trained before");
    }

    @Test
    void a_loss_that_is_no_number_ends_the_run_and_keeps_what_was_good() throws Exception {
        options = options.with("lr=3e38").with("warmup_epochs=2.99").with("checkpoint_interval=0.000001");
        RunFolder run = newRun("diverged");
        SoftmaxRegression learner = learner();

        assertThatThrownBy(() -> trainer(run, learner, TrainingListener.NONE).train())
                .isInstanceOf(DivergedException.class)
                .hasMessageMatching("the loss is NaN at epoch 0, step 1 \\(learning rate [0-9.e+]+, last finite loss "
                        + "1\\.09861\\); weights and checkpoints from before are kept; train again with a lower learning"
                        + " rate or a longer warm-up");

        assertThat(run.checkpoints()).hasSize(1);
        assertThat(SoftmaxRegression.read(run.checkpoints().get(0)).entries()).containsEntry("batch", "1");
        assertThat(log(run)).contains("Diverged: the loss is NaN");
        assertThat(Files.readString(run.folder().resolve("report.json"))).contains("\"diverged\"");
    }

    @Test
    void an_epoch_whose_validation_is_not_finite_ends_the_run_and_is_not_kept() throws Exception {
        RunFolder run = newRun("nan");
        int[] evaluated = new int[1];
        Learner learner = new Variation(learner()) {
            @Override
            public float[] logits(Batch batch) {
                float[] logits = super.logits(batch);
                if (evaluated[0]++ > 30 / 8 + 1) { // not in the first epoch and its contact sheet
                    Arrays.fill(logits, Float.NaN);
                }
                return logits;
            }
        };

        assertThatThrownBy(() -> trainer(run, learner, TrainingListener.NONE).train())
                .isInstanceOf(DivergedException.class)
                .hasMessageStartingWith("the validation loss is NaN after epoch 1 (learning rate ");

        assertThat(run.results()).hasSize(1);
        assertThat(Files.readString(run.folder().resolve("report.json")))
                .contains("\"diverged\"")
                .contains("\"best_epoch\" : 0");
    }

    /** Logits of a network that always predicts the same class. */
    private static float[] constant(Batch batch) {
        float[] logits = new float[3 * batch.size()];
        for (int i = 0; i < batch.size(); i++) {
            logits[3 * i + 1] = 1;
        }
        return logits;
    }

    private static Learner constantLearner() {
        return new Variation(learner()) {
            @Override
            public float[] logits(Batch batch) {
                return constant(batch);
            }
        };
    }

    /** A learner whose average of the weights predicts one class for so many of the images of a batch. */
    private static Learner averaging(int constantImages) {
        SoftmaxRegression learner = learner();
        return new Variation(learner) {
            @Override
            public Optional<Scorer> average() {
                return Optional.of(new Scorer() {
                    @Override
                    public int classes() {
                        return 3;
                    }

                    @Override
                    public float[] logits(Batch batch) {
                        float[] logits = learner.logits(batch);
                        System.arraycopy(constant(batch), 0, logits, 0, 3 * Math.min(constantImages, batch.size()));
                        return logits;
                    }
                });
            }

            @Override
            public void saveAverage(Path file, Card card) throws IOException {
                learner.saveWeights(file, card);
            }
        };
    }

    @Test
    void figures_of_the_average_are_called_so_and_an_average_that_does_not_follow_names_its_own_options()
            throws Exception {
        options = options.with("model_ema=true");
        RunFolder run = newRun("average");

        TrainingResult result =
                trainer(run, averaging(8), TrainingListener.NONE).train();

        EpochResult best = result.bestResult().orElseThrow();
        String raw = Csv.decimal(best.valTop1(), 2) + " %";
        assertThat(best.valTop1()).isGreaterThan(best.chosenTop1() + 20);
        assertThat(result.best().orElseThrow().evaluation().top1()).isEqualTo(best.chosenTop1());
        assertThat(log(run))
                .containsPattern("Finished after .*: best epoch 0 \\(from 0\\) with top-1 3\\d\\.\\d\\d %"
                        + " \\(of the weights' average, EMA; raw weights: " + raw + "\\), ")
                .containsPattern("The best top-1, of the weights' average \\(EMA\\), is no better than that of always"
                        + " predicting '[^']+', 3\\d\\.\\d\\d %; the raw weights of epoch 0 have " + raw
                        + ", so the average has not caught up: take a lower --model-ema-decay than 0.9999 or"
                        + " --model-ema-warmup, or train longer")
                .doesNotContain("learning rate;")
                .doesNotContain("another learning rate");
    }

    @Test
    void an_average_that_is_far_behind_is_warned_of_even_if_it_has_learned_and_one_that_is_not_is_not()
            throws Exception {
        options = options.with("model_ema=true").with("model_ema_warmup=true");
        RunFolder behind = newRun("behind");
        trainer(behind, averaging(5), TrainingListener.NONE).train();
        assertThat(log(behind))
                .contains("The top-1 of the weights' average (EMA) is behind: the raw weights of epoch ")
                .contains("take a lower --model-ema-decay than 0.9999, or train longer")
                .doesNotContain("always predicting");

        RunFolder level = newRun("level");
        trainer(level, averaging(0), TrainingListener.NONE).train();
        assertThat(log(level))
                .contains("(of the weights' average, EMA; raw weights: ")
                .doesNotContain("caught up");
        assertThat(log(uninterrupted)).doesNotContain("EMA").doesNotContain("raw weights");
    }

    @Test
    void advice_for_pretrained_weights_depends_on_what_is_frozen_and_writes_numbers_as_people_do() throws Exception {
        options = options.with("lr=5e-4").with("initial_checkpoint=other");
        RunFolder whole = newRun("whole");
        trainer(whole, constantLearner(), TrainingListener.NONE).train();
        assertThat(log(whole))
                .contains("; pretrained weights need a lower learning rate: a tenth or a hundredth of 0.0005 (--lr)")
                .doesNotContain("frozen");

        options = options.with("freeze=head");
        RunFolder head = newRun("head");
        Learner frozen = new Variation(constantLearner()) {
            @Override
            public Optional<Frozen> frozen() {
                return Optional.of(new Frozen(3, 12, 1_200_000, 3_500_000));
            }
        };
        trainer(head, frozen, TrainingListener.NONE).train();
        assertThat(new Learner.Frozen(4, 5, 650, 270_000))
                .hasToString("4 of 5 blocks frozen, 650 of 0.27 M parameters train");
        assertThat(log(head))
                .contains("3 of 12 blocks frozen, 1.20 M of 3.50 M parameters train")
                .contains("; train longer, unfreeze more blocks (--freeze), or take another learning rate than 0.0005")
                .doesNotContain("a tenth");
    }

    @Test
    void one_epoch_without_progress_is_the_last_epoch() throws Exception {
        options = options.with("patience=1");
        RunFolder one = newRun("one");
        trainer(one, constantLearner(), TrainingListener.NONE).train();
        assertThat(log(one)).contains("Ends after 2 epochs of 3: the last epoch is not better than epoch 0");

        options = options.with("patience=2").with("epochs=5");
        RunFolder two = newRun("two");
        trainer(two, constantLearner(), TrainingListener.NONE).train();
        assertThat(log(two)).contains("Ends after 3 epochs of 5: none of the last 2 epochs is better than epoch 0");
    }

    @Test
    void a_run_no_better_than_always_predicting_one_class_says_so() throws Exception {
        RunFolder run = newRun("constant");

        trainer(run, constantLearner(), TrainingListener.NONE).train();

        assertThat(log(run))
                .containsPattern(
                        "The best top-1 is no better than that of always predicting '[^']+', 3\\d\\.\\d\\d %; train"
                                + " longer, or with another learning rate");
        assertThat(log(uninterrupted)).doesNotContain("always predicting");
    }

    @Test
    void weights_that_are_not_finite_are_never_saved() throws Exception {
        RunFolder run = newRun("infinite");
        Learner learner = new Variation(learner()) {
            @Override
            public boolean weightsAreFinite() {
                return false;
            }
        };

        assertThatThrownBy(() -> trainer(run, learner, TrainingListener.NONE).train())
                .isInstanceOf(DivergedException.class)
                .hasMessageMatching("weights or statistics are not finite after epoch 0 \\(.*\\); train again with .*");

        assertThat(run.bestWeights()).doesNotExist();
        assertThat(run.lastWeights()).doesNotExist();
    }

    /** As a network with batch normalization on maps of one pixel. */
    private static Learner needing(int images, List<Integer> batchSizes) {
        return new Variation(learner()) {
            @Override
            public int minimumBatch() {
                return images;
            }

            @Override
            public StepResult step(List<Batch> batches, int images, double learningRate) {
                batches.forEach(batch -> batchSizes.add(batch.size()));
                return super.step(batches, images, learningRate);
            }
        };
    }

    @Test
    void a_batch_too_small_for_batch_normalization_is_left_out() throws Exception {
        options = options.with("batch_size=2").with("epochs=1").with("warmup_epochs=0.5");
        RunFolder run = newRun("small");
        List<Integer> sizes = new ArrayList<>();
        Dataset damaged = new DrawnImages(20, 1, Set.of(3, 7, 11));

        new Trainer(run, needing(2, sizes), damaged, VALIDATION, Map.of(), TrainingListener.NONE).train();

        assertThat(sizes).hasSizeBetween(7, 8).containsOnly(2);
        assertThat(log(run)).contains(": 1 image of its batch could be read, and batch normalization needs 2");
        RunFolder second = newRun("one");
        assertThatThrownBy(() -> trainer(second, needing(3, sizes), TrainingListener.NONE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("batch_size is 2, but softmax at 4 pixels needs at least 3 images per step");
    }

    @Test
    void a_finished_run_goes_on_with_more_epochs() throws Exception {
        RunFolder run = newRun("longer");
        trainer(run, learner(), TrainingListener.NONE).train();
        FileTime begun = Files.getLastModifiedTime(run.folder().resolve("args.yaml"));

        RunFolder longer = RunFolder.open(run.folder())
                .resumedWith(TrainOptions.none().with("epochs=5").with("workers=1"));
        TrainingResult result =
                trainer(longer, learner(), TrainingListener.NONE).resume();

        assertThat(result.outcome()).isEqualTo(TrainingResult.Outcome.FINISHED);
        assertThat(result.epochs()).isEqualTo(5);
        assertThat(run.results()).hasSize(5);
        assertThat(log(run))
                .contains("Changed: epochs 3 -> 5")
                .contains("Changed: workers 2 -> 1")
                .containsPattern("Epoch 3 of 5 goes on at learning rate 0\\.0\\d+; the one before ended at 0\\.00\\d+");
        assertThat(RunFolder.open(run.folder()).config()).isEqualTo(longer.config());
        assertThat(Files.getLastModifiedTime(run.folder().resolve("args.yaml"))).isEqualTo(begun);
    }

    /** The tags of images and scalars with their steps as TensorBoard has them after all files: a start drops later steps. */
    private static List<String> events(RunFolder run) throws Exception {
        List<Path> files;
        try (Stream<Path> all = Files.list(run.folder())) {
            files = all.filter(file -> file.getFileName().toString().contains("tfevents"))
                    .sorted()
                    .toList();
        }
        List<EventFileTest.Event> kept = new ArrayList<>();
        for (Path file : files) {
            for (EventFileTest.Event event : EventFileTest.read(file)) {
                if (event.sessionStatus == 1) {
                    kept.removeIf(earlier -> earlier.step() >= event.step());
                }
                kept.add(event);
            }
        }
        List<String> tags = new ArrayList<>();
        for (EventFileTest.Event event : kept) {
            event.imageTags().forEach(tag -> tags.add(tag + " " + event.step()));
            event.scalars.keySet().forEach(tag -> tags.add(tag + " " + event.step()));
        }
        return tags;
    }

    @Test
    void the_events_have_images_of_the_first_batch_of_better_epochs_and_of_the_end() throws Exception {
        List<String> events = events(uninterrupted);

        assertThat(events)
                .doesNotHaveDuplicates()
                .contains("train/batch 0")
                .contains("curves 10", "val/confusion_matrix 10", "val/mistakes 10")
                .contains("curves 30", "val/confusion_matrix 30", "val/mistakes 30");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 5, 15, 29})
    void a_run_that_was_killed_has_the_same_events_in_the_end(long step) throws Exception {
        RunFolder run = newRun("events");
        assertThatThrownBy(() -> trainer(run, learner(), killAt(step)).train()).isInstanceOf(Killed.class);

        resume(run, learner());
        resume(run, learner()); // finished already

        assertThat(events(run)).containsExactlyInAnyOrderElementsOf(events(uninterrupted));
    }

    @Test
    void resuming_removes_the_runs_own_leftovers_of_a_kill() throws Exception {
        RunFolder run = newRun("leftovers");
        assertThatThrownBy(() -> trainer(run, learner(), killAt(15)).train()).isInstanceOf(Killed.class);
        List<Path> own = new ArrayList<>();
        for (String name : List.of(
                "checkpoints/.step-12.safetensors.123456789.tmp",
                "weights/.best.safetensors.987654321.tmp",
                ".report.html.42.tmp")) {
            own.add(Files.writeString(run.folder().resolve(name), "half"));
        }
        Path foreign = Files.writeString(run.folder().resolve(".notes.txt.42.tmp"), "kept");

        resume(run, learner());

        assertThat(own).allSatisfy(file -> assertThat(file).doesNotExist());
        assertThat(foreign).exists();
    }

    @Test
    void the_predictions_of_the_best_epoch_are_listed() throws Exception {
        List<Predictions.Row> rows = Predictions.read(uninterrupted.folder().resolve("predictions.csv"));
        long correct = rows.stream().filter(Predictions.Row::isCorrect).count();
        double top1 = uninterrupted.results().stream()
                .mapToDouble(EpochResult::valTop1)
                .max()
                .orElseThrow();

        assertThat(rows).hasSize(30).allSatisfy(row -> {
            assertThat(row.file()).startsWith(row.label() + "/");
            assertThat(row.score()).isBetween(1 / 3.0, 1.0);
        });
        assertThat(100.0 * correct / 30).isCloseTo(top1, within(1e-3));
    }

    @Test
    void a_run_is_trained_by_one_process_at_a_time() throws Exception {
        RunFolder run = newRun("locked");
        List<Throwable> second = new ArrayList<>();
        trainer(run, learner(), atStep(2, () -> {
                    try {
                        resume(run, learner());
                    } catch (Exception e) {
                        second.add(e);
                    }
                }))
                .train();

        assertThat(second)
                .singleElement()
                .satisfies(error -> assertThat(error)
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("is being trained by another process"));
    }

    @Test
    void a_file_that_cannot_be_written_is_named_and_none_is_left_half_written() throws Exception {
        RunFolder run = newRun("unwritable");
        Files.createDirectories(run.folder().resolve("weights/last.safetensors/in the way"));

        assertThatThrownBy(() -> trainer(run, learner(), TrainingListener.NONE).train())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("could not write " + run.lastWeights());

        assertThat(run.folder().resolve("weights")).isDirectoryNotContaining("glob:**.tmp");
    }

    @Test
    void an_image_that_cannot_be_used_is_named_once() throws Exception {
        RunFolder run = newRun("skipping");
        List<String> told = new ArrayList<>();
        Trainer trainer = new Trainer(
                run,
                learner(),
                new DrawnImages(85, 1, Set.of(3, 40)),
                new DrawnImages(30, 2, Set.of(7)),
                Map.of(),
                new TrainingListener() {
                    @Override
                    public void onSkipped(String image, String reason) {
                        told.add(image);
                    }
                });

        TrainingResult result = trainer.train();

        assertThat(told).containsExactlyInAnyOrder("blue/3.png", "green/40.png", "green/7.png");
        assertThat(log(run)).containsOnlyOnce("Skipped blue/3.png: blue/3.png is not an image");
        assertThat(log(run)).contains("Skipped so far: 2 training images, 1 validation image");
        assertThat(result.best().orElseThrow().evaluation().skipped()).isEqualTo(1);
        assertThat(result.best().orElseThrow().evaluation().images()).isEqualTo(29);
    }

    @Test
    void a_run_goes_on_only_with_its_own_data() throws Exception {
        RunFolder run = newRun("other");
        assertThatThrownBy(() -> trainer(run, learner(), killAt(15)).train()).isInstanceOf(Killed.class);

        assertThatThrownBy(() -> new Trainer(
                                run, learner(), new DrawnImages(50, 1), VALIDATION, Map.of(), TrainingListener.NONE)
                        .resume())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the run was begun with 10 steps an epoch, but this data gives 6; resume it with the data"
                        + " it was begun with");
        SoftmaxRegression other = new SoftmaxRegression(4, DrawnImages.SIDE, 0.9);
        assertThatThrownBy(() -> trainer(run, other, TrainingListener.NONE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the network has 4 outputs, but the run has 3 classes");
    }

    @Test
    void a_run_that_mixes_its_batches_resumes_with_the_same_mixes() throws Exception {
        options = options.with("mixup=0.4").with("cutmix=1").with("color_jitter=0.2");
        SoftmaxRegression straight = learner();
        RunFolder first = newRun("straight");
        trainer(first, straight, TrainingListener.NONE).train();
        RunFolder second = newRun("resumed");
        SoftmaxRegression again = learner();
        Trainer[] stopped = new Trainer[1];
        stopped[0] = trainer(second, again, atStep(14, () -> stopped[0].requestStop()));
        stopped[0].train();
        SoftmaxRegression resumed = learner();
        resume(second, resumed);

        assertThat(resumed.weights()).isEqualTo(straight.weights()).isNotEqualTo(expectedWeights);
        assertThat(timeless(second)).isEqualTo(timeless(first));
    }

    @Test
    void a_run_writes_contact_sheets() throws Exception {
        for (String name : List.of("classes.png", "train_batch.png", "predictions.png")) {
            BufferedImage grid =
                    ImageIO.read(uninterrupted.folder().resolve(name).toFile());
            assertThat(grid.getWidth()).as(name).isBetween(1000, 1700);
        }
        RunFolder run = newRun("grids");
        Dataset unreadable = new DrawnImages(30, 2, Set.of(0, 2));
        new Trainer(run, learner(), TRAINING, unreadable, Map.of(), TrainingListener.NONE).train();
        assertThat(run.folder().resolve("predictions.png")).isNotEmptyFile();
    }

    @Test
    void what_a_kill_left_in_a_table_is_not_doubled_in_the_events() throws Exception {
        options = options.with("checkpoint_interval=0");
        RunFolder run = newRun("events");
        assertThatThrownBy(() -> trainer(run, learner(), killAt(25)).train()).isInstanceOf(Killed.class);
        resume(run, learner());

        try (var files = Files.list(run.folder())) {
            List<Path> events = files.filter(
                            file -> file.getFileName().toString().startsWith("events.out.tfevents."))
                    .sorted()
                    .toList();
            assertThat(events).hasSize(2);
            String second = Files.readString(events.get(1), StandardCharsets.ISO_8859_1);
            // the session log's event: field 7 with status START, and step 21, from where the first file is forgotten
            assertThat(second).containsPattern("(?s)\\x3a\\x02\\x08\\x01.{9}\\x10\\x15");
            assertThat(second)
                    .contains("train/loss", "train/top1", "val/loss", "val/top1", "val/top5") // of epochs
                    .contains("train_step/loss", "train_step/top1", "lr", "images_per_s"); // of steps
        }
    }
}
