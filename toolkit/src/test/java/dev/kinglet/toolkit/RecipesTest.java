package dev.kinglet.toolkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.image.augment.Augmentation;
import dev.kinglet.image.augment.ColorJitter;
import dev.kinglet.toolkit.synthetic.SyntheticImages;
import dev.kinglet.train.TrainingListener;
import dev.kinglet.train.TrainingResult;
import dev.kinglet.train.options.Recipe;
import dev.kinglet.train.options.TrainConfig;
import dev.kinglet.train.options.TrainOption;
import dev.kinglet.train.options.TrainOptions;
import dev.kinglet.zoo.Variant;
import dev.kinglet.zoo.Zoo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RecipesTest {
    private static final int STEPS = 20;

    @TempDir
    private Path folder;

    private static TrainConfig config(String recipe) {
        return Recipes.config(TrainOptions.none().with("data=photos").with("recipe=" + recipe));
    }

    static Stream<Recipe> recipes() {
        return Recipe.all().stream();
    }

    @ParameterizedTest
    @MethodSource("recipes")
    void a_recipe_resolves_to_the_configuration_it_says(Recipe recipe) {
        TrainOptions resolved = TrainOptions.of(config(recipe.name()));

        for (TrainOption option : recipe.options().given()) {
            assertThat(resolved.get(option))
                    .as(option.key())
                    .isEqualTo(recipe.options().get(option));
        }
    }

    @ParameterizedTest
    @MethodSource("recipes")
    void a_recipes_networks_are_in_the_zoo(Recipe recipe) {
        assertThat(Zoo.all().stream().map(Variant::name)).containsAll(recipe.networks());
    }

    @Test
    void every_network_that_others_published_has_a_recipe() {
        assertThat(Zoo.all().stream()
                        .map(Variant::name)
                        .filter(name -> Recipe.of(name).isEmpty()))
                .allMatch(name -> name.startsWith("condensenetv2_cifar")); // Kinglet's own form
    }

    @Test
    void what_is_given_stands_before_the_recipe() {
        TrainConfig config = Recipes.config(TrainOptions.none()
                .with("data=photos")
                .with("recipe=hardnet")
                .with("model=hardnet85")
                .with("epochs=3"));

        assertThat(config.model().name()).isEqualTo("hardnet85");
        assertThat(config.schedule().allEpochs()).isEqualTo(3);
        assertThat(TrainOptions.of(config).get(TrainOption.LR)).contains("0.05");
    }

    @Test
    void a_recipe_that_goes_on_from_weights_says_so() {
        assertThat(recipes().filter(Recipe::needsWeights).map(Recipe::name))
                .containsExactly("hardnet-article", "peleenet-finetune");
    }

    @Test
    void what_the_authors_say_of_augmentation_is_done() {
        Augmentation condensed = config("condensenetv2").augmentation();
        assertThat(condensed.randAugment())
                .hasValueSatisfying(policy -> assertThat(policy.key()).isEqualTo("rand-m9-mstd0.5"));
        assertThat(condensed.erasing().probability()).isEqualTo(0.2);
        assertThat(condensed.resizing()).isEqualTo(Augmentation.Resizing.RANDOM);
        Augmentation asymmetric = config("asymmnet").augmentation();
        assertThat(asymmetric.jitter()).isEqualTo(new ColorJitter(0.4, 0.4, 0.4, 0));
        assertThat(asymmetric.lighting()).isEqualTo(0.1);
    }

    /** Whole but for the size of images and of the batch, with which the learning rate goes: this is to take minutes. */
    @ParameterizedTest
    @MethodSource("recipes")
    @Tag("native")
    @Tag("slow")
    void a_recipe_trains_for_twenty_steps(Recipe recipe) throws Exception {
        Path images = folder.resolve("images");
        SyntheticImages.draw(images, 1, 16, 1);
        int side = Math.min(64, config(recipe.name()).preprocessing().inputSize());
        TrainConfig config = Recipes.config(smaller(recipe)
                .with("data=" + images)
                .with("recipe=" + recipe.name())
                .with("img_size=" + side)
                .with("model_ema_bn="
                        + (recipe.options().get(TrainOption.MODEL_EMA_BN).isPresent() ? 2 : 0))
                .with("output=" + folder.resolve("runs")));
        List<Double> losses = new ArrayList<>();
        Training training = Training.of(config);

        TrainingResult result = training.listener(new TrainingListener() {
                    @Override
                    public void onStep(Step step) {
                        losses.add(step.loss());
                        if (losses.size() == STEPS) {
                            training.requestStop();
                        }
                    }
                })
                .run();

        assertThat(result.outcome()).isEqualTo(TrainingResult.Outcome.INTERRUPTED);
        assertThat(losses).hasSize(STEPS).allMatch(loss -> loss > 0 && Double.isFinite(loss));
    }

    private static TrainOptions smaller(Recipe recipe) {
        int batch = 8;
        double factor = batch
                / Double.parseDouble(
                        recipe.options().get(TrainOption.BATCH_SIZE).orElseThrow());
        TrainOptions options = TrainOptions.none().with("batch_size=" + batch);
        for (TrainOption rate : List.of(TrainOption.LR, TrainOption.WARMUP_LR, TrainOption.MIN_LR)) {
            Optional<String> published = recipe.options().get(rate);
            if (published.isPresent()) {
                options = options.with(rate, Double.toString(factor * Double.parseDouble(published.get())));
            }
        }
        return options;
    }
}
