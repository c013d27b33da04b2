package dev.kinglet.toolkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.data.DataOptions;
import dev.kinglet.data.DataSource;
import dev.kinglet.data.Dataset;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.toolkit.synthetic.SyntheticImages;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("native")
class PredictorTest {
    @TempDir
    private Path folder;

    @Test
    void the_images_of_a_folder_are_those_in_it_and_below_in_order() throws IOException {
        Path set = folder.resolve("set");
        SyntheticImages.draw(set, 1, 1, 1);
        Files.move(set.resolve("train/dots/0000.png"), set.resolve("b.PNG"));
        Files.writeString(set.resolve("notes.txt"), "no image");
        Files.writeString(set.resolve(".hidden.png"), "no image");
        Files.createDirectories(set.resolve(".cache"));
        Files.writeString(set.resolve(".cache/x.png"), "no image");

        List<Path> images = Predictor.images(set);

        assertThat(images)
                .hasSize(20)
                .isSorted()
                .startsWith(set.resolve("b.PNG"))
                .contains(set.resolve("val/dots/0000.png"));
        assertThat(Predictor.images(set.resolve("notes.txt"))).containsExactly(set.resolve("notes.txt"));
        assertThatThrownBy(() -> Predictor.images(set.resolve("train/dots")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("dots has no images, in it or below; expected files that end in .jpg");
    }

    /** The exported network, and the same file with a bias of the classifier that is NaN. */
    private Path withNan(Path exported, Model model) throws IOException {
        String bias = model.tensors().names().stream()
                .filter(name -> name.endsWith(".bias"))
                .reduce((first, last) -> last)
                .orElseThrow();
        float[] values = ((NdArray.Floats) model.tensors().get(bias)).values();
        ByteBuffer wanted = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        wanted.asFloatBuffer().put(values);
        byte[] file = Files.readAllBytes(exported);
        int at = 0;
        while (!Arrays.equals(file, at, at + wanted.capacity(), wanted.array(), 0, wanted.capacity())) {
            at++;
        }
        ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putFloat(at, Float.NaN);
        return Files.write(folder.resolve("nan.onnx"), file);
    }

    @Test
    void logits_that_are_not_finite_are_no_answer_and_no_evaluation() throws Exception {
        Path set = folder.resolve("set");
        SyntheticImages.draw(set, 1, 1, 1);
        Model model = Untrained.model("resnet20_cifar", null, 10);
        Path file = folder.resolve("x.onnx");
        Export.of(model).to(file);

        List<Prediction> answers = new ArrayList<>();
        try (TrainedModel damaged = TrainedModel.open(withNan(file, model), 1)) {
            Predictor.of(damaged).predict(Predictor.images(set), answers::add);
            Dataset validation = DataSource.open(set, DataOptions.defaults()).validation();

            assertThatThrownBy(() -> Evaluator.defaults().evaluate(damaged, validation))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith("resnet20_cifar gives logits that are NaN or infinite");
        }

        assertThat(answers).hasSize(20).allSatisfy(answer -> {
            assertThat(answer.isAnswered()).isFalse();
            assertThat(answer.error())
                    .startsWith(answer.source() + ": the logit of class 0, '")
                    .endsWith("', is NaN; the network's weights are damaged, or those of a training that diverged");
        });
    }

    @Test
    void an_unreadable_image_gets_a_reason_and_the_others_an_answer_in_order() throws IOException {
        Path set = folder.resolve("set");
        SyntheticImages.draw(set, 1, 2, 1);
        Files.writeString(set.resolve("train/a.png"), "no image");
        Path file = folder.resolve("x.onnx");
        Export.of(Untrained.model("resnet20_cifar", null, 4)).to(file);
        List<Path> images = new ArrayList<>(Predictor.images(set));
        images.add(folder.resolve("missing.jpg"));

        List<Prediction> answers = new ArrayList<>();
        try (TrainedModel model = TrainedModel.open(file, 1)) {
            Predictor.of(model).predict(images, answers::add);
        }

        assertThat(answers)
                .extracting(Prediction::source)
                .containsExactlyElementsOf(images.stream().map(Path::toString).toList());
        assertThat(answers.get(0).isAnswered()).isFalse();
        assertThat(answers.get(0).error()).contains("a.png");
        assertThat(answers.get(31).error())
                .isEqualTo(folder.resolve("missing.jpg") + ": there is no such file or folder");
        assertThat(answers.subList(1, 31)).allMatch(Prediction::isAnswered);
        assertThat(answers.get(1).best(2)).hasSize(2);
        assertThat(answers.get(1).logits())
                .hasSize(4)
                .isNotEqualTo(answers.get(5).logits());
        assertThatThrownBy(() -> answers.get(0).logits()).isInstanceOf(IllegalStateException.class);
    }
}
