package dev.kinglet.toolkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.infer.Exporter;
import dev.kinglet.toolkit.synthetic.SyntheticImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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

    @Test
    void an_unreadable_image_gets_a_reason_and_the_others_an_answer_in_order() throws IOException {
        Path set = folder.resolve("set");
        SyntheticImages.draw(set, 1, 2, 1);
        Files.writeString(set.resolve("train/a.png"), "no image");
        Path file = folder.resolve("x.onnx");
        new Export(Untrained.model("resnet20_cifar", null, 4), Exporter.defaults()).to(file);
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
