package dev.kinglet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kinglet.toolkit.synthetic.SyntheticImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A calibrated model gives other scores and the same classes, and says which images are none of them. */
@Tag("native")
class CalibrateCommandTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @TempDir
    private static Path folder;

    private static Path images;
    private static Path model;

    @BeforeAll
    static void export() throws IOException {
        images = folder.resolve("images");
        SyntheticImages.draw(images, 3, 1, 4);
        model = folder.resolve("model.onnx");
        assertThat(Run.kinglet("export", "--model", "resnet20_cifar", "--output", model)
                        .status())
                .isZero();
    }

    private static JsonNode json(Object... words) throws IOException {
        Run run = Run.kinglet(words);
        assertThat(run.status()).as(run.err()).isZero();
        return MAPPER.readTree(run.out());
    }

    @Test
    void scores_change_and_classes_do_not() throws IOException {
        Path calibrated = folder.resolve("calibrated.onnx");
        JsonNode figures = json("calibrate", model, "--data", images, "--output", calibrated, "--json");
        double temperature = figures.get("temperature").doubleValue();

        assertThat(figures.get("images").intValue()).isEqualTo(40);
        assertThat(figures.get("nll").doubleValue())
                .isLessThan(figures.get("nll_before").doubleValue());
        assertThat(figures.get("bins")).hasSize(15);
        JsonNode before = json("predict", model, images.resolve("val"), "--json", "--logits");
        JsonNode after = json("predict", calibrated, images.resolve("val"), "--json", "--logits");
        for (int i = 0; i < 40; i++) {
            JsonNode was = before.get(i);
            JsonNode is = after.get(i);
            assertThat(is.get("class_ids")).isEqualTo(was.get("class_ids"));
            assertThat(is.get("logits")).isEqualTo(was.get("logits"));
            assertThat(is.has("unknown")).isFalse();
            double best = was.get("logits")
                    .get(was.get("class_ids").get(0).intValue())
                    .floatValue();
            double sum = 0;
            for (JsonNode logit : was.get("logits")) {
                sum += Math.exp((logit.floatValue() - best) / temperature);
            }
            assertThat(is.get("scores").get(0).doubleValue()).isCloseTo(1 / sum, within(1e-12));
        }
        assertThat(json("predict", calibrated, images.resolve("val"), "--json", "--logits", "--raw-scores"))
                .isEqualTo(before);
        JsonNode evaluated = json("eval", calibrated, "--data", images, "--json");
        assertThat(evaluated.get("loss"))
                .isEqualTo(json("eval", model, "--data", images, "--json").get("loss"));
    }

    @Test
    void images_below_the_threshold_are_unknown() throws IOException {
        Path calibrated = folder.resolve("rejecting.onnx");
        Path others = folder.resolve("images/train");
        JsonNode found = json(
                        "calibrate",
                        model,
                        "--data",
                        images,
                        "--output",
                        calibrated,
                        "--reject-rate",
                        0.1,
                        "--unknown-score",
                        "max-logit",
                        "--unknown",
                        others,
                        "--json")
                .get("unknown");

        assertThat(found.get("rejected").doubleValue()).isEqualTo(0.1);
        assertThat(found.get("unknown_images").intValue()).isEqualTo(10);
        assertThat(found.get("auroc").doubleValue()).isBetween(0.0, 1.0);
        double threshold = found.get("threshold").doubleValue();
        int unknown = 0;
        for (JsonNode answer : json("predict", calibrated, images.resolve("val"), "--json", "--logits")) {
            double highest = answer.get("logits")
                    .get(answer.get("class_ids").get(0).intValue())
                    .floatValue();
            assertThat(answer.has("unknown")).isEqualTo(highest < threshold);
            unknown += answer.has("unknown") ? 1 : 0;
        }
        assertThat(unknown).isEqualTo(4);
        assertThat(Run.kinglet("predict", calibrated, images.resolve("val")).out())
                .contains(": unknown; ");
    }

    @Test
    void few_images_are_warned_of() throws IOException {
        Run run = Run.kinglet("calibrate", model, "--data", images, "--output", folder.resolve("few.onnx"));

        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.err()).containsPattern("WARN: (40 images are few|the logits say nothing)");
    }

    @Test
    void a_damaged_call_leaves_the_model_as_it_was() throws IOException {
        byte[] before = Files.readAllBytes(model);
        Run wrong = Run.kinglet("calibrate", model, "--data", images, "--unknown", images);
        assertThat(wrong.status()).isEqualTo(2);
        assertThat(wrong.lastLine()).contains("--reject-rate, which is missing");
        assertThat(Run.kinglet("calibrate", model, "--data", images, "--reject-rate", 1.5)
                        .lastLine())
                .contains("[0, 1), not 1.5");
        assertThat(Run.kinglet("calibrate", model).lastLine()).contains("--data is missing");
        assertThat(Files.readAllBytes(model)).isEqualTo(before);
    }
}
