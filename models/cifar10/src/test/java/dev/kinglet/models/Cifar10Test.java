package dev.kinglet.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.ClassifierOptions;
import dev.kinglet.network.Card;
import dev.kinglet.onnx.OnnxFile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("native")
class Cifar10Test {
    private static final int MAX_BYTES = 4_000_000;

    private static byte[] file() throws IOException {
        try (InputStream in =
                Objects.requireNonNull(Models.class.getClassLoader().getResourceAsStream(Models.CIFAR10))) {
            return in.readAllBytes();
        }
    }

    @Test
    void its_card_says_what_it_is_and_its_file_is_small() throws IOException {
        byte[] bytes = file();
        assertThat(bytes).hasSizeLessThanOrEqualTo(MAX_BYTES);
        Card card = OnnxFile.read(bytes).card();
        assertThat(card.model()).isEqualTo("kinglet_cifar");
        assertThat(card.labels())
                .containsExactly(
                        "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");
        assertThat(card.preprocessing().inputSize()).isEqualTo(32);
        assertThat(card.provenance()).containsEntry(Card.RECIPE, "cifar10-fast");
    }

    /** CIFAR-10's 10,000 test images, one view of each. */
    @Test
    @Tag("data")
    void its_accuracy_is_what_its_card_says() throws IOException {
        String data = System.getenv("KINGLET_DATA");
        assumeThat(data).as("KINGLET_DATA").isNotNull();
        Path folder = Path.of(data).resolve("cifar10-png/test");
        assumeThat(folder).exists();
        TestImages images = TestImages.of(folder);
        assertThat(images.files()).hasSize(10_000);
        try (Classifier classifier = Models.cifar10(ClassifierOptions.defaults().withTopK(1))) {
            double stated = Double.parseDouble(classifier.card().provenance().getOrDefault(Card.TOP1, "0"));
            assertThat(stated).isGreaterThan(93);
            assertThat(images.top1(classifier)).isCloseTo(stated, within(0.1)); // other processors round otherwise
        }
    }

    /** Drawn in some strokes; what they show is plain. */
    @Test
    void it_knows_drawn_subjects() throws IOException {
        Map<String, BufferedImage> drawings = Drawings.all();
        try (Classifier classifier = Models.cifar10()) {
            for (Map.Entry<String, BufferedImage> drawing : drawings.entrySet()) {
                assertThat(classifier.classify(drawing.getValue()).get(0).label())
                        .isEqualTo(drawing.getKey());
            }
        }
    }

    @Test
    void a_classifier_answers_with_its_options() throws IOException {
        try (Classifier two =
                        Models.cifar10(ClassifierOptions.defaults().withTopK(2).withSessions(1));
                Classifier five = Models.cifar10()) {
            BufferedImage image = Drawings.all().values().iterator().next();
            assertThat(two.classify(image)).isEqualTo(five.classify(image).subList(0, 2));
        }
    }
}
