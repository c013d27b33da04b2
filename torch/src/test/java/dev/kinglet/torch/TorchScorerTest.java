package dev.kinglet.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.image.Batch;
import dev.kinglet.network.Model;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.zoo.Golden;
import dev.kinglet.zoo.Variant;
import dev.kinglet.zoo.Zoo;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("native")
class TorchScorerTest {
    static Stream<Variant> recorded() {
        return Golden.recorded().stream();
    }

    @ParameterizedTest
    @MethodSource("recorded")
    void gives_the_authors_logits(Variant variant) {
        Model model = Golden.model(variant);
        float[] image = Golden.image(variant.preprocessing().inputSize());
        for (int threads = 1; threads <= 2; threads++) { // oneDNN is wrong on some processors with two
            try (TorchScorer scorer = TorchScorer.of(model, threads)) {
                assertThat(Golden.largestDifference(scorer.logits(image, 1), Golden.logits(variant)))
                        .as("%d threads", threads)
                        .isLessThan(Golden.tolerance(variant));
            }
        }
        try (TorchNetwork unfolded = new TorchNetwork(model.network(), model.tensors());
                PointerScope scope = new PointerScope()) {
            int pixels = variant.preprocessing().inputSize();
            float[] logits = TorchScorer.logits(unfolded, Blobs.images(image, 1, pixels, pixels));
            assertThat(Golden.largestDifference(logits, Golden.logits(variant))).isLessThan(Golden.tolerance(variant));
        }
    }

    @Test
    void normalizes_bytes_to_the_very_floats_of_the_preprocessing() {
        Preprocessing preprocessing = Preprocessing.imagenet().withInputSize(16);
        Batch batch = Batches.random(3, 16, 10, new Random(1));
        float[][] table = preprocessing.normalized();
        try (PointerScope scope = new PointerScope();
                Normalization normalization = new Normalization(preprocessing)) {
            Tensor images = normalization.images(batch);
            float[] values = Blobs.values(images); // [n, 3, h, w]
            ByteBuffer bytes = batch.pixels();
            for (int n = 0; n < 3; n++) {
                for (int c = 0; c < 3; c++) {
                    for (int pixel = 0; pixel < 256; pixel++) {
                        int b = bytes.get((n * 256 + pixel) * 3 + c) & 0xff;
                        assertThat(values[(n * 3 + c) * 256 + pixel]).isEqualTo(table[c][b]);
                    }
                }
            }
        }
    }

    @Test
    void a_batch_gives_the_logits_of_its_images_one_by_one() {
        Model model = Golden.model(Zoo.get("spgnet_s2p6_cifar"));
        Batch batch = Batches.random(4, 32, 10, new Random(2));
        try (TorchScorer scorer = TorchScorer.of(model, 2)) {
            float[] together = scorer.logits(batch);
            assertThat(together).hasSize(4 * scorer.classes());
            for (int n = 0; n < 4; n++) {
                double[] want = new double[scorer.classes()];
                for (int c = 0; c < want.length; c++) {
                    want[c] = together[n * want.length + c];
                }
                assertThat(Golden.largestDifference(scorer.logits(Batches.one(batch, n)), want))
                        .isLessThan(1e-4);
            }
        }
    }

    @Test
    void images_of_another_size_are_refused() {
        try (TorchScorer scorer = TorchScorer.of(Golden.model(Zoo.get("spgnet_s2p6_cifar")), 1)) {
            assertThatThrownBy(() -> scorer.logits(new float[3 * 31 * 31], 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("1 images of 3x32x32 are not 2883 values");
        }
    }
}
