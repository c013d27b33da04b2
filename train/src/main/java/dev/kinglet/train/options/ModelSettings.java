package dev.kinglet.train.options;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The network of a run, and where its weights begin.
 *
 * @param name of a network of the zoo
 * @param numClasses its outputs; empty until the data is known
 * @param initialCheckpoint file of pretrained weights; empty: randomly initialized
 * @param recipe name of the recipe the run follows
 */
public record ModelSettings(
        String name, OptionalInt numClasses, Optional<Path> initialCheckpoint, Optional<String> recipe) {
    public ModelSettings {
        numClasses.ifPresent(classes -> OptionReader.requireAtLeast(2, classes, TrainOption.NUM_CLASSES));
    }

    /** A network with randomly initialized weights and as many outputs as the data has classes. */
    public static ModelSettings of(String name) {
        return new ModelSettings(name, OptionalInt.empty(), Optional.empty(), Optional.empty());
    }

    static ModelSettings read(OptionReader options) {
        return new ModelSettings(
                options.text(TrainOption.MODEL),
                options.optionalInteger(TrainOption.NUM_CLASSES),
                options.optionalText(TrainOption.INITIAL_CHECKPOINT).map(Path::of),
                options.optionalText(TrainOption.RECIPE));
    }

    public ModelSettings withInitialCheckpoint(Path file) {
        return new ModelSettings(name, numClasses, Optional.of(file), recipe);
    }
}
