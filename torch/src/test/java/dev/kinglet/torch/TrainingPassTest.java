package dev.kinglet.torch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.network.Network;
import dev.kinglet.network.Shape;
import dev.kinglet.network.Tensors;
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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The gradients of every network are those of libtorch's own differentiation. */
@Tag("native")
class TrainingPassTest {
    private static final int IMAGES = 3;
    private static final int CLASSES = 5;
    private static final Optimizer PLAIN =
            new Optimizer.Sgd(0, Optimizer.Sgd.Momentum.CLASSIC, 0, Optimizer.Decay.EVERYTHING);

    static Stream<Variant> networks() {
        return Zoo.all().stream();
    }

    @ParameterizedTest
    @MethodSource("networks")
    void gradients_are_those_of_libtorch(Variant variant) {
        Network network = variant.network(Shape.image(variant.preprocessing().inputSize() <= 32 ? 32 : 64), CLASSES);
        Tensors weights = variant.initialization().draw(network, new Random(1));
        LearnerSettings settings = new LearnerSettings(OptimizerSettings.of(PLAIN), 0, 2);
        TorchRuntime.useThreads(2);
        try (PointerScope scope = new PointerScope();
                TorchNetwork torchNetwork = new TorchNetwork(network, weights);
                TorchOptimizer optimizer = new TorchOptimizer(torchNetwork, settings);
                KernelGradients kernels = new KernelGradients(2)) {
            torch.manual_seed(1);
            int side = network.input().shape().height();
            Tensor images = torch.randn(IMAGES, 3, side, side).contiguous(torch.MemoryFormat.ChannelsLast);
            Tensor direction = torch.randn(IMAGES, CLASSES);
            torch.manual_seed(2);
            torchNetwork
                    .forward(images, TorchNetwork.Mode.TRAINING)
                    .mul(direction)
                    .sum()
                    .backward();
            Tensor expected = optimizer.gradients().clone();
            optimizer.clearGradients();
            torch.manual_seed(2);
            try (TrainingPass pass = TrainingPass.forward(torchNetwork, kernels, images)) {
                pass.backward(direction);
            }
            double difference = optimizer.gradients().sub(expected).norm().item_double()
                    / expected.norm().item_double();
            assertThat(expected.norm().item_double()).isPositive();
            assertThat(difference).isLessThan(1e-3);
        }
    }
}
