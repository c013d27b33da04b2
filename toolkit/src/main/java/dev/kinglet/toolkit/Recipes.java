package dev.kinglet.toolkit;

import dev.kinglet.network.Preprocessing;
import dev.kinglet.train.options.TrainConfig;
import dev.kinglet.train.options.TrainOption;
import dev.kinglet.train.options.TrainOptions;
import dev.kinglet.zoo.Variant;
import dev.kinglet.zoo.Zoo;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A network's published recipe and input, as training options. */
public final class Recipes {
    private Recipes() {}

    /**
     * A configuration with the network's published preprocessing and default values for all else.
     *
     * @param data folder or archive of labeled images
     * @param model name of a network of the zoo
     * @throws IllegalArgumentException if the zoo has no such network
     */
    public static TrainConfig config(Path data, String model) {
        return TrainConfig.of(data, model).with(Zoo.get(model).preprocessing());
    }

    /**
     * The configuration of these options, with those of the recipe they name and the network's published input where they
     * do not say otherwise.
     *
     * @throws IllegalArgumentException if the network or the data is missing, or a value is wrong
     */
    public static TrainConfig config(TrainOptions options) {
        String model = options.get(TrainOption.MODEL)
                .orElseThrow(() -> new IllegalArgumentException(
                        "--model is missing: which network to train, a name of kinglet models"));
        if (options.get(TrainOption.DATA).isEmpty()) {
            throw new IllegalArgumentException("--data is missing: the folder or archive of labeled images");
        }
        TrainOptions recipe = options.get(TrainOption.RECIPE)
                .map(name -> published(Zoo.get(name)))
                .orElse(TrainOptions.none());
        return TrainConfig.of(options.over(recipe).over(input(Zoo.get(model))));
    }

    /** The training options that the network's authors published. */
    public static TrainOptions published(Variant variant) {
        TrainOptions options = TrainOptions.none();
        for (Map.Entry<String, String> option : variant.published().recipe().entrySet()) {
            options = options.with(TrainOption.of(option.getKey()), option.getValue());
        }
        return options;
    }

    /** The preprocessing that the network's authors published: size, crop, interpolation, mean and deviation. */
    public static TrainOptions input(Variant variant) {
        Preprocessing preprocessing = variant.preprocessing();
        return TrainOptions.none()
                .with(TrainOption.IMG_SIZE, Integer.toString(preprocessing.inputSize()))
                .with(TrainOption.CROP_PCT, Double.toString(preprocessing.cropPct()))
                .with(TrainOption.INTERPOLATION, preprocessing.interpolation().key())
                .with(TrainOption.MEAN, commas(preprocessing.mean()))
                .with(TrainOption.STD, commas(preprocessing.std()))
                .with(TrainOption.EXIF_ORIENTATION, preprocessing.orientation().key());
    }

    private static String commas(List<Double> numbers) {
        return numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
}
