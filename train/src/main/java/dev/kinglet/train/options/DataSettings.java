package dev.kinglet.train.options;

import dev.kinglet.data.DataOptions;
import dev.kinglet.data.ListFiles;
import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageLimits;
import dev.kinglet.network.Orientation;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The images of a run, and how they are divided.
 *
 * @param path folder or archive of labeled images
 * @param valEvery validation split of one folder of classes: every Nth image of each class, from the first
 * @param split name of the folder of validation images
 * @param lists of images, in place of folders
 * @param labels file of class names, for data that only numbers its classes
 * @param imageLimits of each image
 */
public record DataSettings(
        Path path,
        OptionalInt valEvery,
        Optional<String> split,
        ListFiles lists,
        Optional<Path> labels,
        ImageLimits imageLimits,
        ClassBalance classBalance) {
    public DataSettings {
        options(valEvery, split, lists, new ImageDecoder(imageLimits)); // says what does not go together
    }

    /** A folder whose layout says which images are for validation. */
    public static DataSettings of(Path path) {
        return new DataSettings(
                path,
                OptionalInt.empty(),
                Optional.empty(),
                ListFiles.none(),
                Optional.empty(),
                ImageLimits.defaults(),
                ClassBalance.NONE);
    }

    static DataSettings read(OptionReader options) {
        return new DataSettings(
                Path.of(options.text(TrainOption.DATA)),
                options.optionalInteger(TrainOption.VAL_EVERY),
                options.optionalText(TrainOption.SPLIT),
                new ListFiles(
                        options.optionalText(TrainOption.CLS_LABEL_PATH_TRAIN).map(Path::of),
                        options.optionalText(TrainOption.CLS_LABEL_PATH_VAL).map(Path::of)),
                options.optionalText(TrainOption.LABELS).map(Path::of),
                options.named(
                        TrainOption.MAX_PIXELS,
                        () -> ImageLimits.defaults().withMaxPixels(options.whole(TrainOption.MAX_PIXELS))),
                options.constant(ClassBalance.class, TrainOption.CLASS_BALANCE));
    }

    public DataSettings withValEvery(int images) {
        return new DataSettings(path, OptionalInt.of(images), split, lists, labels, imageLimits, classBalance);
    }

    public DataSettings withSplit(String name) {
        return new DataSettings(path, valEvery, Optional.of(name), lists, labels, imageLimits, classBalance);
    }

    public DataSettings withLists(ListFiles files) {
        return new DataSettings(path, valEvery, split, files, labels, imageLimits, classBalance);
    }

    public DataSettings withLabels(Path file) {
        return new DataSettings(path, valEvery, split, lists, Optional.of(file), imageLimits, classBalance);
    }

    public DataSettings withClassBalance(ClassBalance balance) {
        return new DataSettings(path, valEvery, split, lists, labels, imageLimits, balance);
    }

    /** The same for {@code dev.kinglet.data}, without the names of {@link #labels}, which are in a file. */
    DataOptions options(Orientation orientation) {
        return options(valEvery, split, lists, new ImageDecoder(imageLimits, orientation));
    }

    private static DataOptions options(
            OptionalInt valEvery, Optional<String> split, ListFiles lists, ImageDecoder decoder) {
        return new DataOptions(valEvery, split, lists, List.of(), decoder);
    }
}
