package dev.kinglet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.image.augment.Augmentation;
import dev.kinglet.image.augment.ColorJitter;
import dev.kinglet.toolkit.Recipes;
import dev.kinglet.train.options.TrainConfig;
import dev.kinglet.train.options.TrainOption;
import dev.kinglet.train.options.TrainOptions;
import dev.kinglet.zoo.Variant;
import dev.kinglet.zoo.Zoo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RecipesTest {
    private static TrainConfig config(Variant variant) {
        return TrainConfig.of(TrainOptions.none()
                .with("data=photos")
                .with("model=" + variant.name())
                .over(Recipes.published(variant))
                .over(Recipes.input(variant)));
    }

    @ParameterizedTest
    @MethodSource("variants")
    void every_authors_recipe_is_one_a_run_can_have(Variant variant) {
        TrainConfig config = config(variant);

        variant.published()
                .recipe()
                .forEach((option, value) -> assertThat(TrainOptions.of(config).get(TrainOption.of(option)))
                        .as(option)
                        .isEqualTo(
                                TrainOptions.none().with(option + "=" + value).get(TrainOption.of(option))));
    }

    static Iterable<Variant> variants() {
        return Zoo.all();
    }

    @Test
    void what_the_authors_say_of_augmentation_is_done() {
        Augmentation condensed = config(Zoo.get("condensenetv2_a")).augmentation();
        assertThat(condensed.randAugment())
                .hasValueSatisfying(policy -> assertThat(policy.key()).isEqualTo("rand-m9-mstd0.5"));
        assertThat(condensed.erasing().probability()).isEqualTo(0.2);
        assertThat(condensed.resizing()).isEqualTo(Augmentation.Resizing.RANDOM);
        Augmentation asymmetric = config(Zoo.get("asymmnet_large")).augmentation();
        assertThat(asymmetric.jitter()).isEqualTo(new ColorJitter(0.4, 0.4, 0.4, 0));
        assertThat(asymmetric.lighting()).isEqualTo(0.1);
    }
}
