package dev.kinglet.toolkit;

import dev.kinglet.network.Preprocessing;
import dev.kinglet.toolkit.hub.PretrainedWeights;
import dev.kinglet.toolkit.hub.WeightHub;
import dev.kinglet.train.options.Recipe;
import dev.kinglet.train.options.TrainConfig;
import dev.kinglet.train.options.TrainOption;
import dev.kinglet.train.options.TrainOptions;
import dev.kinglet.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Training configurations: the options of a call over those of a published recipe, over a network's published input. */
public final class Recipes {
    private static final Logger LOG = LoggerFactory.getLogger("dev.kinglet.train");

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
     * A configuration that begins with pretrained weights, of their network and with their preprocessing.
     *
     * @param data folder or archive of labeled images
     * @throws IllegalArgumentException if the weights do not say which network they are of
     */
    public static TrainConfig config(Path data, PretrainedWeights weights) {
        return config(TrainOptions.none().with(TrainOption.DATA, data.toString()), weights);
    }

    /**
     * The configuration of these options, whose pretrained weights, if they name any, are fetched. It keeps both the source,
     * so pinned that it cannot be another file later, and the file; a run that is resumed needs the file alone.
     *
     * @throws IllegalArgumentException as {@link #config(TrainOptions)}, or if the weights are of another network
     * @throws IOException if the weights cannot be had
     * @throws InterruptedException if the thread is interrupted
     */
    public static TrainConfig config(TrainOptions options, WeightHub hub, WeightHub.Progress progress)
            throws IOException, InterruptedException {
        Optional<String> source = options.get(TrainOption.PRETRAINED);
        return source.isPresent() ? config(options, hub.fetch(source.get(), progress)) : config(options);
    }

    private static TrainConfig config(TrainOptions options, PretrainedWeights weights) {
        weights.remarks().forEach(LOG::warn);
        TrainOptions all = options.with(TrainOption.MODEL, weights.model(options.get(TrainOption.MODEL)))
                .with(TrainOption.PRETRAINED, weights.source())
                .with(TrainOption.INITIAL_CHECKPOINT, weights.file().toString());
        return config(all, weights.preprocessing());
    }

    /**
     * The configuration of these options, with those of the recipe they name and the network's published input where they
     * do not say otherwise.
     *
     * @throws IllegalArgumentException if the network or the data is missing, or a value is wrong; or if they name
     *     pretrained weights that were not fetched
     */
    public static TrainConfig config(TrainOptions options) {
        return config(options, Optional.empty());
    }

    /** @param input of pretrained weights; empty: the network's published one */
    private static TrainConfig config(TrainOptions options, Optional<Preprocessing> input) {
        TrainOptions recipe = options.get(TrainOption.RECIPE)
                .map(name -> Recipe.named(name).options())
                .orElse(TrainOptions.none());
        String model = options.get(TrainOption.MODEL)
                .or(() -> recipe.get(TrainOption.MODEL))
                .orElseThrow(() -> new IllegalArgumentException(
                        "--model is missing: which network to train, a name of kinglet models"));
        if (options.get(TrainOption.DATA).isEmpty()) {
            throw new IllegalArgumentException("--data is missing: the folder or archive of labeled images");
        }
        return TrainConfig.of(
                options.over(recipe).over(input(input.orElse(Zoo.get(model).preprocessing()))));
    }

    private static TrainOptions input(Preprocessing preprocessing) {
        return TrainOptions.none()
                .with(TrainOption.IMG_SIZE, Integer.toString(preprocessing.inputSize()))
                .with(TrainOption.CROP_PCT, Double.toString(preprocessing.cropPct()))
                .with(TrainOption.RESIZE, preprocessing.resize().key())
                .with(TrainOption.INTERPOLATION, preprocessing.interpolation().key())
                .with(TrainOption.MEAN, commas(preprocessing.mean()))
                .with(TrainOption.STD, commas(preprocessing.std()))
                .with(TrainOption.EXIF_ORIENTATION, preprocessing.orientation().key());
    }

    private static String commas(List<Double> numbers) {
        return numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
}
