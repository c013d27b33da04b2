package dev.kinglet.toolkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kinglet.data.Dataset;
import dev.kinglet.image.Pipeline;
import dev.kinglet.image.RgbImage;
import dev.kinglet.network.Card;
import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.Network;
import dev.kinglet.network.Shape;
import dev.kinglet.network.Tensors;
import dev.kinglet.toolkit.Whitening.Eigenvectors;
import dev.kinglet.toolkit.synthetic.SyntheticImages;
import dev.kinglet.train.TrainingListener;
import dev.kinglet.train.TrainingResult;
import dev.kinglet.train.options.TrainConfig;
import dev.kinglet.train.options.TrainOption;
import dev.kinglet.train.options.TrainOptions;
import dev.kinglet.train.run.RunFolder;
import dev.kinglet.zoo.Zoo;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WhiteningTest {
    private static final String WEIGHT = "whiten.weight";

    @TempDir
    private Path folder;

    private TrainConfig config() throws Exception {
        SyntheticImages.draw(folder.resolve("images"), 3, 4, 1);
        return Recipes.config(TrainOptions.none()
                        .with(TrainOption.DATA, folder.resolve("images").toString())
                        .with(TrainOption.RECIPE, "cifar10-fast")
                        .with(List.of("epochs=3", "batch_size=10", "lr=0.05", "warmup_lr=0.01", "min_lr=0"))
                        .with(TrainOption.WARMUP_EPOCHS, "1"))
                .withThreads(1)
                .withOutput(folder.resolve("runs"))
                .withName("whole");
    }

    @Test
    void eigenvectors_diagonalize_a_symmetric_matrix() {
        Random random = new Random(5);
        int size = 12;
        double[][] matrix = new double[size][size];
        for (int i = 0; i < size; i++) {
            for (int j = 0; j <= i; j++) {
                matrix[i][j] = random.nextGaussian();
                matrix[j][i] = matrix[i][j];
            }
        }
        Eigenvectors found = Eigenvectors.of(matrix);
        for (int k = 0; k < size; k++) {
            double[] vector = found.vectors()[k];
            for (int i = 0; i < size; i++) {
                assertThat(dot(matrix[i], vector)).isCloseTo(found.values()[k] * vector[i], within(1e-12));
            }
            for (int other = 0; other < size; other++) {
                assertThat(dot(vector, found.vectors()[other])).isCloseTo(other == k ? 1 : 0, within(1e-12));
            }
            assertThat(found.values()[k]).isLessThanOrEqualTo(k == 0 ? Double.MAX_VALUE : found.values()[k - 1]);
        }
    }

    private static double dot(double[] a, double[] b) {
        return IntStream.range(0, a.length).mapToDouble(i -> a[i] * b[i]).sum();
    }

    @Test
    @Tag("native")
    void filters_give_uncorrelated_values_of_equal_variance_and_their_opposites() throws Exception {
        TrainConfig config = config();
        Dataset training = TrainingData.open(config).train();
        float[] weight = whitened(config, training).floats(WEIGHT);
        assertThat(whitened(config, training).floats(WEIGHT)).isEqualTo(weight);
        for (int i = 0; i < weight.length / 2; i++) {
            assertThat(weight[weight.length / 2 + i]).isEqualTo(-weight[i]);
        }
        double[][] products = new double[12][12];
        long patches = 0;
        Pipeline pipeline = Pipeline.evaluation(config.preprocessing());
        for (int index = 0; index < training.size(); index++) {
            RgbImage image = pipeline.apply(training.open(index));
            for (int row = 0; row < 31; row++) {
                for (int column = 0; column < 31; column++) {
                    double[] values = convolved(image, row, column, weight, config);
                    for (int i = 0; i < 12; i++) {
                        for (int j = 0; j < 12; j++) {
                            products[i][j] += values[i] * values[j];
                        }
                    }
                    patches++;
                }
            }
        }
        assertThat(products[0][0] / patches).isCloseTo(1, within(1e-3));
        for (int i = 0; i < 12; i++) {
            for (int j = 0; j < i; j++) {
                assertThat(products[i][j] / patches).isCloseTo(0, within(1e-5));
            }
            assertThat(products[i][i] / patches).isBetween(0.2, 1.0); // less than 1 by the epsilon
        }
    }

    private static double[] convolved(RgbImage image, int row, int column, float[] weight, TrainConfig config) {
        double[] values = new double[12];
        for (int filter = 0; filter < 12; filter++) {
            for (int c = 0; c < 3; c++) {
                for (int y = 0; y < 2; y++) {
                    for (int x = 0; x < 2; x++) {
                        int pixel = image.rgb()[3 * ((row + y) * 32 + column + x) + c] & 0xff;
                        double normalized =
                                (pixel / 255.0 - config.preprocessing().mean().get(c))
                                        / config.preprocessing().std().get(c);
                        values[filter] += weight[((filter * 3 + c) * 2 + y) * 2 + x] * normalized;
                    }
                }
            }
        }
        return values;
    }

    private static Tensors whitened(TrainConfig config, Dataset training) throws Exception {
        Model model = Untrained.model(
                Zoo.get("kinglet_cifar"), new Card("kinglet_cifar", training.labels(), config.preprocessing()), 0);
        Layer first = Whitening.convolution(model.network());
        return Whitening.of(first, config, training, () -> {}).whitened(model).tensors();
    }

    @Test
    void a_network_that_begins_otherwise_is_refused() {
        Network network = Zoo.get("resnet20_cifar").network(Shape.image(32), 10);
        assertThat(Whitening.convolution(network).name()).isEqualTo("conv1"); // 16 filters of 27 values
        Network peleenet = Zoo.get("vgg19").network(Shape.image(32), 10); // 64 filters
        assertThatThrownBy(() -> Whitening.convolution(peleenet))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at most two for each value of a patch")
                .hasMessageEndingWith("that of vgg19 is 'features.0', 64 filters of 3x3");
    }

    @Test
    @Tag("native")
    void the_weights_stay_in_a_run_by_the_recipe_which_resumes_to_the_same_bits() throws Exception {
        TrainConfig config = config();
        TrainingResult whole = Training.of(config).run();

        Training training = Training.of(config.withName("parts"));
        TrainingResult part = training.listener(new TrainingListener() {
                    @Override
                    public void onStep(Step step) {
                        if (step.epoch() == 1) {
                            training.requestStop();
                        }
                    }
                })
                .run();
        TrainingResult rest = Training.resume(part.run()).run();

        RunFolder run = RunFolder.open(whole.run());
        Tensors trained = TrainedModel.read(run.lastWeights()).tensors();
        Tensors begun = whitened(config, TrainingData.open(config).train());
        assertThat(trained.floats(WEIGHT)).isEqualTo(begun.floats(WEIGHT));
        assertThat(trained.floats("block2.norm1.weight")).containsOnly(2.5f);
        for (String moved : List.of("whiten.bias", "block1.conv1.weight", "block2.norm1.bias", "head.weight")) {
            assertThat(Arrays.equals(trained.floats(moved), begun.floats(moved)))
                    .as(moved)
                    .isFalse();
        }
        RunFolder resumed = RunFolder.open(rest.run());
        assertThat(TrainedModel.read(resumed.lastWeights()).tensors()).isEqualTo(trained);
        assertThat(TrainedModel.read(resumed.lastAverage()).tensors())
                .isEqualTo(TrainedModel.read(run.lastAverage()).tensors());
    }
}
