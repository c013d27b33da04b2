package dev.kinglet.toolkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.infer.CalibrationMethod;
import dev.kinglet.infer.Int8Report;
import dev.kinglet.network.Card;
import dev.kinglet.network.Model;
import dev.kinglet.onnx.InputType;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.toolkit.synthetic.SyntheticImages;
import dev.kinglet.weights.ModelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("native")
class ExportTest {
    private static final Model MODEL = Untrained.model("resnet20_cifar", null, 10);

    @TempDir
    private Path folder;

    @Test
    void rewrites_are_chosen_by_name_and_the_file_says_which() throws IOException {
        Path file = folder.resolve("x.onnx");
        Export.Options none = Export.Options.defaults().withRewrites(List.of("none"));
        Export.of(MODEL).with(none).to(file);
        assertThat(OnnxFile.read(file).card().provenance()).doesNotContainKey(Card.REWRITES);

        Export.of(MODEL).with(none.withRewrites(List.of("fold-batch-norms"))).to(file);
        assertThat(OnnxFile.read(file).card().provenance())
                .containsEntry(Card.REWRITES, "fold-batch-norms")
                .doesNotContainKey(Card.CONV_PLAN);
        assertThatThrownBy(() -> none.withRewrites(List.of("fold-batch-norm")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("did you mean 'fold-batch-norms'?");
    }

    @Test
    void a_machine_is_chosen_by_its_channel_block_and_an_input_by_its_type() throws IOException {
        Path file = folder.resolve("x.onnx");
        Export.of(MODEL)
                .with(Export.Options.defaults().withChannelBlock(8).withInput(InputType.UINT8))
                .to(file);
        OnnxFile written = OnnxFile.read(file);
        assertThat(written.card().provenance()).containsEntry(Card.CONV_PLAN, "lanes=8");
        assertThat(written.inputType()).isEqualTo(InputType.UINT8);
    }

    @Test
    void a_file_that_was_tuned_is_tuned_again_by_its_own_plan() throws IOException {
        Path file = folder.resolve("x.onnx");
        List<String> notes = new ArrayList<>();
        Export export =
                Export.of(MODEL).with(Export.Options.defaults().withTuning()).withNotes(notes::add);
        export.to(file);
        assertThat(notes).noneMatch(note -> note.contains("before"));
        assertThat(OnnxFile.read(file).card().provenance()).containsKey(Card.TUNED_ON);
        byte[] first = Files.readAllBytes(file);

        notes.clear();
        export.to(file);
        assertThat(notes)
                .containsExactly(
                        file + " was tuned on this machine before; its convolution implementations are reused");
        assertThat(file).hasBinaryContent(first);
    }

    @Test
    void options_that_contradict_each_other_are_refused() {
        Export.Options all = Export.Options.defaults();
        assertThatThrownBy(() -> all.withTuning().withChannelBlock(8)).hasMessageContaining("leave out");
        assertThatThrownBy(() -> all.withTuning().withRewrites(List.of("none"))).hasMessageContaining("--rewrite all");
        assertThatThrownBy(() -> all.withChannelBlock(12)).hasMessageContaining("not 12");
    }

    @Test
    void an_int8_file_is_calibrated_on_a_folder_and_what_is_left_out_is_noted() throws IOException {
        Path images = folder.resolve("images");
        SyntheticImages.draw(images, 1, 2, 1);
        Files.writeString(images.resolve("broken.png"), "no image");
        List<String> notes = new ArrayList<>();
        Path file = folder.resolve("x.onnx");

        Int8Report report = Export.of(MODEL).withNotes(notes::add).toInt8(file, Export.Int8.calibratedOn(images));

        assertThat(report.bytes()).isEqualTo(Files.size(file)).isLessThan(report.floatBytes() / 2);
        assertThat(report.fidelity().images()).isEqualTo(30);
        assertThat(notes)
                .hasSize(2)
                .first()
                .isEqualTo("There are only 31 images, so accuracy is measured on the calibration set");
        assertThat(notes.get(1)).contains("broken.png").endsWith("; left out");
        assertThatThrownBy(() -> Export.of(MODEL).toInt8(file, Export.Int8.calibratedOn(folder.resolve("none"))))
                .isInstanceOf(NoSuchFileException.class);
    }

    /** A way to export. */
    @FunctionalInterface
    private interface Way {
        void write(Export export, Path file) throws IOException;
    }

    @Test
    void a_stop_at_any_step_ends_the_export_and_nothing_is_written() throws IOException {
        Path images = folder.resolve("images");
        SyntheticImages.draw(images, 1, 2, 1);
        Export.Int8 int8 = new Export.Int8(images, CalibrationMethod.MINMAX, 4, Optional.of(Set.of()));
        assertStops("plain", (export, file) -> export.to(file));
        assertStops("quantized", (export, file) -> export.toInt8(file, int8));
        assertStops("weights", (export, file) -> export.toStateDict(file, ModelFile.Naming.TORCH));
    }

    private void assertStops(String name, Way way) throws IOException {
        AtomicInteger steps = new AtomicInteger();
        way.write(Export.of(MODEL).withStop(() -> steps.incrementAndGet() < 0), folder.resolve(name));
        assertThat(folder.resolve(name)).exists();
        for (int last : new TreeSet<>(List.of(1, (1 + steps.get()) / 2, steps.get()))) {
            Path file = folder.resolve(name + last);
            assertThatThrownBy(() -> way.write(stoppedAt(last), file))
                    .isInstanceOf(CancellationException.class)
                    .hasMessage("stopped");
            assertThat(file).doesNotExist();
        }
    }

    private static Export stoppedAt(int step) {
        AtomicInteger steps = new AtomicInteger();
        return Export.of(MODEL).withStop(() -> steps.incrementAndGet() == step);
    }

    @Test
    void a_stop_ends_tuning_after_the_choice_that_is_timed() {
        List<String> notes = new ArrayList<>();
        Path file = folder.resolve("tuned.onnx");
        assertThatThrownBy(() -> stoppedAt(2)
                        .with(Export.Options.defaults().withTuning())
                        .withNotes(notes::add)
                        .to(file))
                .isInstanceOf(CancellationException.class);
        assertThat(notes).hasSizeLessThan(2);
        assertThat(file).doesNotExist();
    }

    @Test
    void a_stop_ends_a_self_test_between_two_trials() {
        AtomicInteger trials = new AtomicInteger();
        assertThatThrownBy(() -> SelfTest.run(() -> trials.incrementAndGet() > 3))
                .isInstanceOf(CancellationException.class)
                .hasMessage("stopped");
    }
}
