package dev.kinglet.toolkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.network.Initialization;
import dev.kinglet.network.Layer;
import dev.kinglet.network.Network;
import dev.kinglet.network.Scope;
import dev.kinglet.network.Shape;
import dev.kinglet.network.Tensors;
import dev.kinglet.network.Window;
import dev.kinglet.toolkit.synthetic.SyntheticImages;
import dev.kinglet.train.TrainingResult;
import dev.kinglet.train.options.TrainOption;
import dev.kinglet.train.options.TrainOptions;
import dev.kinglet.train.run.RunFolder;
import dev.kinglet.zoo.Variant;
import dev.kinglet.zoo.Zoo;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ZeroInitResidualTest {
    @TempDir
    private Path folder;

    /** The scales whose initial values differ from those that the network's own initialization gives. */
    private static List<String> zeroed(String name) {
        Variant variant = Zoo.get(name);
        Network network = variant.network(Shape.image(32), 3);
        Tensors drawn = variant.initialization().draw(network, new SplittableRandom(1));
        Tensors zeroed = Initialization.zeroInitResidual(network, drawn);
        List<String> changed = drawn.asMap().keySet().stream()
                .filter(tensor -> !zeroed.get(tensor).equals(drawn.get(tensor)))
                .toList();
        for (String tensor : changed) {
            assertThat(zeroed.floats(tensor)).as(tensor).containsOnly(0);
        }
        return changed;
    }

    /** torchvision's zero_init_residual names bn2 of a basic block and bn3 of a bottleneck, also beside a projection. */
    @ParameterizedTest
    @CsvSource({
        "resnet20_cifar, 9, layer\\d\\.\\d\\.bn2\\.weight",
        "resnet50, 16, layer\\d\\.\\d\\.bn3\\.weight",
        "spgnet_s2p6_cifar, 15, layers\\.\\d+\\.conv_out\\.bn\\.weight"
    })
    void the_scale_that_ends_each_branch_begins_at_zero(String name, int connections, String scale) {
        assertThat(zeroed(name)).hasSize(connections).allMatch(tensor -> tensor.matches(scale));
    }

    @ParameterizedTest
    @CsvSource({"peleenet", "hardnet39ds"})
    void a_network_without_such_a_branch_is_refused(String name) {
        assertThatThrownBy(() -> zeroed(name))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("zero_init_residual")
                .hasMessageEndingWith(name + " has none");
    }

    @Test
    void so_is_one_without_any_normalization() {
        Scope scope = Scope.root();
        Layer conv = scope.biasedConv("conv", scope.input(Shape.image(32)), 8, Window.of(3));
        scope.linear("fc", scope.globalAverage("pool", conv), 3, true);
        Network plain = scope.build("plain");
        Tensors drawn = Initialization.fanIn().draw(plain, new SplittableRandom(1));
        assertThatThrownBy(() -> Initialization.zeroInitResidual(plain, drawn))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageEndingWith("plain has none");
    }

    @Test
    @Tag("native")
    void a_run_begins_so() throws Exception {
        SyntheticImages.draw(folder.resolve("images"), 3, 4, 1);
        TrainingResult result = Training.of(Recipes.config(TrainOptions.none()
                                .with(TrainOption.DATA, folder.resolve("images").toString())
                                .with(TrainOption.MODEL, "resnet20_cifar")
                                .with(List.of("epochs=1", "batch_size=4", "zero_init_residual=true"))
                                .with(List.of("norm_weight_lr_scale=0", "weight_decay=0"))) // what it begins with stays
                        .withThreads(1)
                        .withOutput(folder.resolve("runs")))
                .run();
        Tensors trained =
                TrainedModel.read(RunFolder.open(result.run()).lastWeights()).tensors();
        Stream.of("layer1.0", "layer3.2").forEach(block -> {
            assertThat(trained.floats(block + ".bn1.weight")).containsOnly(1);
            assertThat(trained.floats(block + ".bn2.weight")).containsOnly(0);
        });
    }
}
