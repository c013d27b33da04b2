package dev.kinglet.torch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.network.Costs;
import dev.kinglet.network.Network;
import dev.kinglet.network.Shape;
import dev.kinglet.train.options.LearnerSettings;
import dev.kinglet.train.options.Optimizer;
import dev.kinglet.train.options.OptimizerSettings;
import dev.kinglet.zoo.Variant;
import dev.kinglet.zoo.Zoo;
import java.util.Random;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The gradients of every network are those of libtorch's own differentiation. */
@Tag("native")
class TrainingPassTest {
    private static final int IMAGES = 2;
    private static final int CLASSES = 5;
    static final Optimizer PLAIN = new Optimizer.Sgd(0, Optimizer.Sgd.Momentum.CLASSIC, 0, Optimizer.Decay.EVERYTHING);

    static Stream<Variant> smallNetworks() {
        return Zoo.all().stream().filter(TrainingPassTest::isSmall);
    }

    static Stream<Variant> largeNetworks() {
        return Zoo.all().stream().filter(variant -> !isSmall(variant));
    }

    private static boolean isSmall(Variant variant) {
        return Costs.of(variant.network(Shape.image(64), CLASSES)).parameters() < 5_000_000;
    }

    /** A network with its optimizer, of which the gradients are compared. */
    private static final class Bench implements AutoCloseable {
        private final TorchNetwork network;
        private final TorchOptimizer optimizer;
        private final KernelGradients kernels = new KernelGradients(2);
        private final int side;

        Bench(Variant variant) {
            side = variant.preprocessing().inputSize() <= 32 ? 32 : 64;
            Network definition = variant.network(Shape.image(side), CLASSES);
            TorchRuntime.useThreads(1); // libtorch; a busy machine would slow more down
            network = new TorchNetwork(definition, variant.initialization().draw(definition, new Random(1)));
            optimizer = new TorchOptimizer(network, new LearnerSettings(OptimizerSettings.of(PLAIN), 0, 2));
        }

        Tensor images() {
            torch.manual_seed(1);
            return torch.randn(IMAGES, 3, side, side).contiguous(torch.MemoryFormat.ChannelsLast);
        }

        Tensor gradients(Tensor images, Tensor direction) {
            optimizer.clearGradients();
            torch.manual_seed(2);
            try (TrainingPass pass = TrainingPass.forward(network, kernels, images)) {
                pass.backward(direction);
            }
            return optimizer.gradients().clone();
        }

        Tensor gradientsByLibtorch(Tensor images, Tensor direction) {
            optimizer.clearGradients();
            torch.manual_seed(2);
            network.forward(images, TorchNetwork.Mode.TRAINING)
                    .mul(direction)
                    .sum()
                    .backward();
            return optimizer.gradients().clone();
        }

        @Override
        public void close() {
            kernels.close();
            network.close();
            optimizer.close();
        }
    }

    private static double length(Tensor vector) {
        return vector.norm().item_double();
    }

    @ParameterizedTest
    @MethodSource("smallNetworks")
    void gradients_are_those_of_libtorch(Variant variant) {
        compare(variant);
    }

    @ParameterizedTest
    @MethodSource("largeNetworks")
    @Tag("slow")
    void gradients_of_large_networks_are_those_of_libtorch(Variant variant) {
        compare(variant);
    }

    private static void compare(Variant variant) {
        try (PointerScope scope = new PointerScope();
                Bench bench = new Bench(variant)) {
            Tensor images = bench.images();
            Tensor direction = torch.randn(IMAGES, CLASSES);

            Tensor expected = bench.gradientsByLibtorch(images, direction);
            Tensor found = bench.gradients(images, direction);

            assertThat(length(expected)).isPositive();
            assertThat(length(found.sub(expected)) / length(expected)).isLessThan(1e-3);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hardnet39ds",
                "asymmnet_small_x0.35",
                "peleenet",
                "spgnet_s2p6_cifar",
                "condensenetv2_cifar_learned",
                "ghostnet",
                "resnet20_cifar"
            })
    void gradients_in_bfloat16_are_those_of_libtorch(String name) {
        try (PointerScope scope = new PointerScope();
                Bench bench = new Bench(Zoo.get(name))) {
            Tensor images = bench.images().to(ScalarType.BFloat16);
            Tensor direction = torch.randn(IMAGES, CLASSES);

            Tensor expected = bench.gradientsByLibtorch(images, direction);
            Tensor found = bench.gradients(images, direction);

            assertThat(length(found.sub(expected)) / length(expected))
                    .isLessThan(0.05); // 8 bits, summed in another order
        }
    }

    @Test
    void gradients_in_bfloat16_are_close_to_those_in_float32() {
        try (PointerScope scope = new PointerScope();
                Bench bench = new Bench(Zoo.get("resnet20_cifar"))) {
            Tensor images = bench.images();
            Tensor direction = torch.randn(IMAGES, CLASSES);

            Tensor exact = bench.gradients(images, direction);
            Tensor rounded = bench.gradients(images.to(ScalarType.BFloat16), direction);

            assertThat(length(rounded.sub(exact)) / length(exact)).isBetween(1e-3, 0.35);
        }
    }
}
