package dev.kinglet.train.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RecipeTest {
    private static final Path FILES = Path.of("src/main/resources/dev/kinglet/train/recipes");

    static Stream<Recipe> recipes() {
        return Recipe.all().stream();
    }

    @Test
    void every_file_is_a_recipe() throws IOException {
        try (Stream<Path> files = Files.list(FILES)) {
            assertThat(files.map(file -> file.getFileName().toString().replace(".yaml", "")))
                    .containsExactlyInAnyOrderElementsOf(
                            recipes().map(Recipe::name).toList());
        }
    }

    @ParameterizedTest
    @MethodSource("recipes")
    void a_recipe_names_its_source_and_its_network(Recipe recipe) {
        assertThat(recipe.title()).isNotBlank();
        assertThat(recipe.source())
                .containsPattern("arXiv:\\d{4}\\.\\d{5}|github [\\w-]+/[\\w-]+|PaddlePaddle article");
        assertThat(recipe.networks())
                .contains(recipe.options().get(TrainOption.MODEL).orElseThrow());
    }

    @ParameterizedTest
    @MethodSource("recipes")
    void a_recipe_leaves_nothing_of_the_training_to_defaults(Recipe recipe) {
        assertThat(recipe.options().given())
                .contains(
                        TrainOption.OPT,
                        TrainOption.LR,
                        TrainOption.MOMENTUM,
                        TrainOption.WEIGHT_DECAY,
                        TrainOption.BATCH_SIZE,
                        TrainOption.EPOCHS,
                        TrainOption.SCHED,
                        TrainOption.WARMUP_EPOCHS);
    }

    @Test
    void a_networks_name_stands_for_its_authors_recipe() {
        assertThat(Recipe.named("hardnet68").name()).isEqualTo("hardnet");
        assertThat(Recipe.named("mobilenetv2_1.4").name()).isEqualTo("mobilenetv2");
        assertThat(Recipe.named("spgnet_s2p6_cifar").name()).isEqualTo("spgnet-article");
        assertThat(Recipe.of("a network of one's own")).isEmpty();
    }

    @Test
    void a_mistyped_name_is_answered_with_the_nearest() {
        assertThatThrownBy(() -> Recipe.named("peleenet-finetun"))
                .hasMessageContaining("peleenet-finetune")
                .hasMessageContaining("kinglet recipes");
    }

    @Test
    void a_file_may_say_something_of_itself() {
        TrainOptions options = TrainOptions.parse("about:\n  title: mine\n  lr: not a number\nlr: 0.5\n");
        assertThat(options.given()).containsExactly(TrainOption.LR);
    }
}
