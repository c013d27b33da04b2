package dev.kinglet.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kinglet.image.Batch;
import dev.kinglet.image.explain.Explainer;
import dev.kinglet.image.explain.Explanation;
import dev.kinglet.image.explain.HeatMap;
import dev.kinglet.network.Card;
import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Network;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Scope;
import dev.kinglet.network.Shape;
import dev.kinglet.network.Tensors;
import dev.kinglet.network.Window;
import dev.kinglet.train.options.LearnerSettings;
import dev.kinglet.train.options.OptimizerSettings;
import dev.kinglet.zoo.Golden;
import dev.kinglet.zoo.Variant;
import dev.kinglet.zoo.Zoo;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Grad-CAM as PyTorch's autograd gives it, which {@code grad_cam.py} has recorded in float64. */
@Tag("native")
class GradCamTest {
    private static final int[] CLASSES = {34, 7};

    /** The image of {@code grad_cam.py}. */
    private static Batch image() {
        int side = 224;
        ByteBuffer pixels = ByteBuffer.allocateDirect(3 * side * side);
        for (int y = 0; y < side; y++) {
            for (int x = 0; x < side; x++) {
                for (int c = 0; c < 3; c++) {
                    pixels.put((byte) ((y / 16 * 3 + x / 16 * 5 + c * 2) % 7 * 36 + x * y % 13));
                }
            }
        }
        return new Batch(pixels.clear(), side, new int[1], new int[1]);
    }

    private static HeatMap recorded(String network, int index) throws IOException {
        try (InputStream in = GradCamTest.class.getResourceAsStream("grad_cam.txt")) {
            List<String> lines = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            int at = lines.indexOf(network + " " + index + " 7 7");
            float[] values = new float[49];
            for (int row = 0; row < 7; row++) {
                String[] words = lines.get(at + 1 + row).split(" ", -1);
                for (int column = 0; column < 7; column++) {
                    values[7 * row + column] = Float.parseFloat(words[column]);
                }
            }
            return new HeatMap(7, 7, values);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"peleenet", "asymmnet_large"})
    void gives_the_maps_of_pytorch(String network) throws IOException {
        try (GradCam gradCam = GradCam.of(Golden.model(Zoo.get(network)), 1)) {
            Explanation explanation =
                    gradCam.explain(image(), logits -> CLASSES).get(0);
            assertThat(explanation.maps().keySet()).containsExactly(34, 7);
            for (int index : CLASSES) {
                HeatMap want = recorded(network, index);
                HeatMap got = explanation.map(index);
                assertThat(want.highest()).isPositive();
                assertThat(got.height()).isEqualTo(7);
                assertThat(got.width()).isEqualTo(7);
                for (int i = 0; i < 49; i++) {
                    assertThat(got.values()[i])
                            .isCloseTo(want.values()[i], within(1e-4f * want.highest())); // float32 against float64
                }
            }
        }
    }

    static Stream<Variant> smallNetworks() {
        return TrainingPassTest.smallNetworks();
    }

    static Stream<Variant> largeNetworks() {
        return TrainingPassTest.largeNetworks();
    }

    @ParameterizedTest
    @MethodSource("smallNetworks")
    void every_network_that_is_trained_on_small_images_has_maps(Variant variant, @TempDir Path folder)
            throws IOException {
        explain(variant, folder);
    }

    @ParameterizedTest
    @MethodSource("largeNetworks")
    @Tag("slow")
    void every_large_network_that_is_trained_on_small_images_has_maps(Variant variant, @TempDir Path folder)
            throws IOException {
        explain(variant, folder);
    }

    /** As the report of a run does: with the weights that a learner has written. */
    private static void explain(Variant variant, Path folder) throws IOException {
        int side = variant.preprocessing().inputSize() <= 32 ? 32 : 64;
        Network network = variant.network(Shape.image(side), 3);
        Card card = new Card(
                variant.name(), List.of("p", "q", "r"), variant.preprocessing().withInputSize(side));
        Tensors drawn = variant.initialization().draw(network, new Random(1));
        Path file = folder.resolve("weights.safetensors");
        try (TorchLearner learner = TorchLearner.of(
                new Model(network, drawn, card),
                new LearnerSettings(OptimizerSettings.of(TrainingPassTest.PLAIN), 0, 1))) {
            learner.saveWeights(file, card);
            Batch image = Batches.random(1, side, 3, new Random(3));
            float[] logits = learner.logits(image);
            try (Explainer explainer = learner.explainer(file).orElseThrow()) {
                Explanation explanation =
                        explainer.explain(image, row -> new int[] {2, 0}).get(0);
                for (int i = 0; i < logits.length; i++) {
                    assertThat(explanation.logits()[i]).isCloseTo(logits[i], within(1e-3f * (1 + Math.abs(logits[i]))));
                }
                assertThat(explanation.maps().keySet()).containsExactly(2, 0);
                explanation.maps().values().forEach(map -> {
                    assertThat(map.height() * map.width()).isGreaterThan(1);
                    for (float value : map.values()) {
                        assertThat(value).isFinite().isNotNegative();
                    }
                });
                assertThat(explainer
                                .explain(image, row -> new int[] {2, 0})
                                .get(0)
                                .map(2)
                                .values())
                        .isEqualTo(explanation.map(2).values());
            }
        }
    }

    @Test
    void an_image_of_a_batch_has_its_own_classes_and_the_maps_that_it_has_alone() {
        Model model = Golden.model(Zoo.get("condensenetv2_a")); // squeeze-and-excitation in its head
        Batch images = Batches.random(2, 224, 1000, new Random(3));
        try (GradCam gradCam = GradCam.of(model, 2)) {
            int[] calls = new int[1];
            List<Explanation> together =
                    gradCam.explain(images, logits -> calls[0]++ == 0 ? new int[] {5} : new int[] {9, 5});
            assertThat(together.get(0).maps().keySet()).containsExactly(5);
            assertThat(together.get(1).maps().keySet()).containsExactly(9, 5);
            Explanation alone = gradCam.explain(Batches.one(images, 1), logits -> new int[] {5})
                    .get(0);
            HeatMap want = alone.map(5);
            HeatMap got = together.get(1).map(5);
            assertThat(want.highest()).isPositive();
            for (int i = 0; i < want.values().length; i++) {
                assertThat(got.values()[i]).isCloseTo(want.values()[i], within(1e-4f * want.highest()));
            }
        }
    }

    @Test
    void a_mean_and_a_linear_layer_give_the_class_activation_map_over_the_number_of_pixels() {
        Model model = SmallNetwork.model();
        try (GradCam gradCam = GradCam.of(model, 1)) {
            Explanation explanation = gradCam.explain(SmallNetwork.batch(1, 1), logits -> new int[] {0, 1, 2, 3})
                    .get(0);
            float[] bias = ((NdArray.Floats) model.tensors().get("fc.bias")).values();
            for (Map.Entry<Integer, HeatMap> map : explanation.maps().entrySet()) {
                double sum = 0;
                boolean positive = true;
                for (float value : map.getValue().values()) {
                    sum += value;
                    positive &= value > 0;
                }
                double logit = explanation.logits()[map.getKey()] - bias[map.getKey()];
                assertThat(sum).isGreaterThan(logit - 1e-5); // without the negative part
                if (positive) {
                    assertThat(sum).isCloseTo(logit, within(1e-5));
                }
            }
        }
    }

    @Test
    void a_network_of_several_feature_maps_is_refused() {
        Scope root = Scope.root();
        Layer x = root.input(Preprocessing.imagenet().withInputSize(8).shape());
        Layer near = root.globalAverage("near", root.conv("a", x, 4, Window.of(3)));
        Layer far = root.globalAverage("far", root.conv("b", x, 4, Window.of(5)));
        root.linear("fc", root.add("sum", near, far), 2, true);
        Network network = root.build("two_maps");
        Card card =
                new Card("two_maps", List.of("p", "q"), Preprocessing.imagenet().withInputSize(8));
        Model model = new Model(network, Golden.weights(network), card);

        assertThatThrownBy(() -> GradCam.of(model, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("two_maps has no single feature map before its head, but [a, b]; Grad-CAM needs one; use"
                        + " occlusion");
    }

    @Test
    void a_class_or_a_size_that_the_network_does_not_have_is_refused() {
        try (GradCam gradCam = GradCam.of(SmallNetwork.model(), 1)) {
            assertThatThrownBy(() -> gradCam.explain(SmallNetwork.batch(1, 1), logits -> new int[] {4}))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("there are classes 0 to 3, no 4");
            assertThatThrownBy(() -> gradCam.explain(image(), logits -> CLASSES))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("small takes images of 8 pixels a side, not 224");
        }
    }
}
