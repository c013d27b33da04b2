package dev.kinglet.train.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.train.DrawnImages;
import dev.kinglet.train.Learner;
import dev.kinglet.train.options.TrainConfig;
import dev.kinglet.train.options.TrainOption;
import dev.kinglet.train.options.TrainOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFolderTest {
    private static final List<String> LABELS = List.of("cat", "dog", "Elch ä");

    @TempDir
    Path runs;

    private TrainConfig config() {
        return TrainConfig.of(TrainOptions.none()
                .with("data=photos")
                .with("model=peleenet")
                .with(TrainOption.OUTPUT, runs.toString()));
    }

    @Test
    void a_run_keeps_its_configuration_and_labels() throws Exception {
        RunFolder made = RunFolder.create(config().with(TrainOption.NAME, "first"), LABELS);

        RunFolder opened = RunFolder.open(runs.resolve("first"));

        assertThat(opened.config()).isEqualTo(made.config());
        assertThat(opened.config().model().numClasses()).hasValue(3);
        assertThat(opened.config().run().name()).contains("first");
        assertThat(opened.labels()).isEqualTo(LABELS);
        assertThat(opened.name()).isEqualTo("first");
        assertThat(opened.results()).isEmpty();
        assertThat(opened.checkpoints()).isEmpty();
    }

    @Test
    void a_run_begun_when_test_came_before_valid_keeps_its_split() throws Exception {
        Path data = runs.resolve("data");
        for (String split : List.of("train", "valid", "test")) {
            Files.createDirectories(data.resolve(split));
        }
        TrainConfig config = config().with(TrainOption.DATA, data.toString());
        RunFolder.create(config.with(TrainOption.NAME, "former"), LABELS);
        RunFolder.create(config.with(TrainOption.NAME, "given").with(TrainOption.SPLIT, "valid"), LABELS);
        RunFolder.create(config.withValEvery(3).with(TrainOption.NAME, "every"), LABELS);

        assertThat(RunFolder.open(runs.resolve("former")).config().data().split())
                .contains("test");
        assertThat(RunFolder.open(runs.resolve("former")).recordChanges()).containsExactly("split none -> test");
        assertThat(RunFolder.open(runs.resolve("former")).recordChanges()).isEmpty();
        assertThat(RunFolder.open(runs.resolve("given")).config().data().split())
                .contains("valid");
        assertThat(RunFolder.open(runs.resolve("every")).config().data().split())
                .isEmpty();

        Files.createDirectories(data.resolve("val"));
        RunFolder.create(config.with(TrainOption.NAME, "val"), LABELS);
        assertThat(RunFolder.open(runs.resolve("val")).config().data().split()).isEmpty(); // val came before test
    }

    @Test
    void without_a_name_it_is_called_after_model_date_and_time() throws Exception {
        RunFolder one = RunFolder.create(config(), LABELS);
        RunFolder two = RunFolder.create(config(), LABELS);

        assertThat(one.name()).matches("peleenet-\\d{8}-\\d{6}");
        assertThat(two.name()).matches("peleenet-\\d{8}-\\d{6}(-2)?").isNotEqualTo(one.name());
    }

    @Test
    void a_run_is_never_overwritten() throws Exception {
        TrainConfig config = config().with(TrainOption.NAME, "mine");
        RunFolder.create(config, LABELS);
        String before = Files.readString(runs.resolve("mine/args.yaml"));

        assertThatThrownBy(() -> RunFolder.create(config.with(TrainOption.LR, "0.7"), LABELS))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(runs.resolve("mine") + " exists already, and runs are never overwritten; give this one "
                        + "another name, or resume that one");
        assertThat(runs.resolve("mine/args.yaml")).hasContent(before);
    }

    @Test
    void the_number_of_classes_is_the_datas() {
        assertThatThrownBy(() -> RunFolder.create(config().with(TrainOption.NUM_CLASSES, "10"), LABELS))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("num_classes is 10, but the data has 3 classes");
        assertThatThrownBy(() -> RunFolder.create(config(), List.of("a\nb", "c")))
                .hasMessageStartingWith("a label is one line of text");
        assertThat(runs).isEmptyDirectory();
    }

    @Test
    void a_folder_that_cannot_be_made_is_named() throws Exception {
        Path file = Files.createFile(runs.resolve("file"));

        assertThatThrownBy(() -> RunFolder.create(config().with(TrainOption.OUTPUT, file.toString()), LABELS))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("could not make the folder " + file);
    }

    @Test
    void another_folder_is_not_taken_for_a_run() throws Exception {
        assertThatThrownBy(() -> RunFolder.open(runs))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(runs + " is not the folder of a run: it has no args.yaml");
        assertThatThrownBy(() -> RunFolder.open(runs.resolve("none")))
                .hasMessage(runs.resolve("none") + " is not a folder; a run's folder is expected");
    }

    @Test
    void a_run_with_a_broken_configuration_is_a_broken_file() throws Exception {
        RunFolder run = RunFolder.create(config(), LABELS);
        Files.writeString(run.folder().resolve("args.yaml"), "lr: fast\n");

        assertThatThrownBy(() -> RunFolder.open(run.folder()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("args.yaml: lr: expected a number, found 'fast'");
    }

    @Test
    void the_newest_run_is_the_one_begun_last() throws Exception {
        RunFolder later = RunFolder.create(config().with(TrainOption.NAME, "a"), LABELS);
        RunFolder earlier = RunFolder.create(config().with(TrainOption.NAME, "b"), LABELS);
        Files.createDirectory(runs.resolve("no run"));
        Files.setLastModifiedTime(later.folder().resolve("args.yaml"), FileTime.fromMillis(2_000_000));
        Files.setLastModifiedTime(earlier.folder().resolve("args.yaml"), FileTime.fromMillis(1_000_000));

        assertThat(RunFolder.newest(runs).name()).isEqualTo("a");
        assertThatThrownBy(() -> RunFolder.newest(runs.resolve("no run")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("there is no run in " + runs.resolve("no run"));
    }

    private static void checkpoint(RunFolder run, Learner learner, LoopState state) throws IOException {
        run.checkpoint(state.steps(), file -> learner.saveCheckpoint(file, state.toMap()));
    }

    @Test
    void two_checkpoints_are_kept_and_the_newest_comes_first() throws Exception {
        RunFolder run = RunFolder.create(config(), LABELS);
        try (Learner learner = new SoftmaxRegression(3, DrawnImages.SIDE, 0.9)) {
            LoopState state = LoopState.start(100);
            for (int step : new int[] {5, 20, 9, 100}) {
                checkpoint(run, learner, state.afterStep(EpochSums.NONE, step));
            }
        }

        assertThat(run.checkpoints())
                .extracting(file -> file.getFileName().toString())
                .containsExactly("step-100.safetensors", "step-20.safetensors");
    }

    @Test
    void an_older_checkpoint_stays_if_the_new_one_cannot_be_written() throws Exception {
        RunFolder run = RunFolder.create(config(), LABELS);
        try (SoftmaxRegression learner = new SoftmaxRegression(3, DrawnImages.SIDE, 0.9)) {
            checkpoint(run, learner, LoopState.start(100).afterStep(EpochSums.NONE, 1));
            checkpoint(run, learner, LoopState.start(100).afterStep(EpochSums.NONE, 2));
            Path blocked = Files.createDirectories(run.folder().resolve("checkpoints/step-3.safetensors/full"));

            assertThatThrownBy(
                            () -> checkpoint(run, learner, LoopState.start(100).afterStep(EpochSums.NONE, 3)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("step-3.safetensors");

            assertThat(run.folder().resolve("checkpoints")).isDirectoryContaining("glob:**step-1.safetensors");
            assertThat(run.folder().resolve("checkpoints")).isDirectoryNotContaining("glob:**.tmp");
            assertThat(blocked).exists();
        }
    }

    @Test
    void a_state_that_is_no_loops_is_refused_by_its_key() {
        Map<String, String> state = new java.util.HashMap<>(LoopState.start(10).toMap());
        assertThat(LoopState.of(state, LABELS)).isEqualTo(LoopState.start(10));

        state.put("batch", "many");
        assertThatThrownBy(() -> LoopState.of(state, LABELS)).hasMessage("the checkpoint's 'batch' is no whole number");
        state.remove("batch");
        assertThatThrownBy(() -> LoopState.of(state, LABELS)).hasMessage("the checkpoint's 'batch' is missing");
    }
}
