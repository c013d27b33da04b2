package dev.kinglet.train.options;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The network of a run, and where its weights begin.
 *
 * @param name of a network of the zoo
 * @param numClasses its outputs; empty until the data is known
 * @param pretrained source of the weights it begins with, such as {@code hf:owner/name@commit}; empty: none was named
 * @param initialCheckpoint file of pretrained weights, which is what {@code pretrained} was resolved to where it is given;
 *     empty: randomly initialized
 * @param whiten whether the first convolution's weights whiten patches of the training images, and stay as they are
 * @param zeroInitResidual whether random initialization has scales of 0 for the normalization that ends the branch of each
 *     residual connection (Goyal et al., 2017, section 5.1)
 * @param recipe name of the recipe the run follows
 */
public record ModelSettings(
        String name,
        OptionalInt numClasses,
        Optional<String> pretrained,
        Optional<Path> initialCheckpoint,
        boolean whiten,
        boolean zeroInitResidual,
        Optional<String> recipe) {
    public ModelSettings {
        if (pretrained.isPresent() && initialCheckpoint.isEmpty()) {
            throw new IllegalArgumentException("pretrained is " + pretrained.get()
                    + ", but its weights were not fetched; Recipes.config with a WeightHub fetches them");
        }
        numClasses.ifPresent(classes -> OptionReader.requireAtLeast(2, classes, TrainOption.NUM_CLASSES));
    }

    /** A network with randomly initialized weights and as many outputs as the data has classes. */
    public static ModelSettings of(String name) {
        return new ModelSettings(
                name, OptionalInt.empty(), Optional.empty(), Optional.empty(), false, false, Optional.empty());
    }

    static ModelSettings read(OptionReader options) {
        return new ModelSettings(
                options.text(TrainOption.MODEL),
                options.optionalInteger(TrainOption.NUM_CLASSES),
                options.optionalText(TrainOption.PRETRAINED),
                options.optionalText(TrainOption.INITIAL_CHECKPOINT).map(Path::of),
                options.truth(TrainOption.WHITEN),
                options.truth(TrainOption.ZERO_INIT_RESIDUAL),
                options.optionalText(TrainOption.RECIPE));
    }

    /** @throws IllegalArgumentException if the data has another number of classes than the settings say */
    public void requireClasses(int classes) {
        if (numClasses.isPresent() && numClasses.getAsInt() != classes) {
            throw new IllegalArgumentException("num_classes is " + numClasses.getAsInt() + ", but the data has "
                    + classes + " classes; leave the option out to take the data's");
        }
    }

    /** With the weights of a file, and of no other source. */
    public ModelSettings withInitialCheckpoint(Path file) {
        return new ModelSettings(
                name, numClasses, Optional.empty(), Optional.of(file), whiten, zeroInitResidual, recipe);
    }
}
