package dev.kinglet.train.options;

import dev.kinglet.data.DataOptions;
import dev.kinglet.data.ListFiles;
import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageLimits;
import dev.kinglet.image.Views;
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
 * @param views of each validation image, whose mean logits are its answer
 * @param nearDuplicates whether validation images that are nearly training images are searched for before training
 */
public record DataSettings(
        Path path,
        OptionalInt valEvery,
        Optional<String> split,
        ListFiles lists,
        Optional<Path> labels,
        ImageLimits imageLimits,
        ClassBalance classBalance,
        Limits limits,
        Views views,
        boolean nearDuplicates) {
    /**
     * How many images are used, to try things out; they are spread evenly over all.
     *
     * @param train a fraction up to 1, or a number of images above 1
     * @param validation likewise
     */
    public record Limits(double train, double validation) {
        /** Every image. */
        public static final Limits NONE = new Limits(1, 1);

        public Limits {
            require(TrainOption.LIMIT_TRAIN, train);
            require(TrainOption.LIMIT_VAL, validation);
        }

        private static void require(TrainOption option, double limit) {
            if (!(limit > 0 && Double.isFinite(limit)) || (limit > 1 && limit != Math.rint(limit))) {
                throw new IllegalArgumentException(
                        option.key() + " is a fraction above 0 or a number of images, not " + limit);
            }
        }

        /** Of so many images, the number that a limit leaves; at least 1. */
        public static int of(double limit, int images) {
            return (int) Math.max(1, Math.min(images, limit > 1 ? limit : Math.rint(limit * images)));
        }
    }

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
                ClassBalance.NONE,
                Limits.NONE,
                Views.CENTER,
                false);
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
                options.constant(ClassBalance.class, TrainOption.CLASS_BALANCE),
                new Limits(options.decimal(TrainOption.LIMIT_TRAIN), options.decimal(TrainOption.LIMIT_VAL)),
                options.constant(Views.class, TrainOption.TTA),
                options.truth(TrainOption.NEAR_DUPLICATES));
    }

    public DataSettings withValEvery(int images) {
        return new DataSettings(
                path,
                OptionalInt.of(images),
                split,
                lists,
                labels,
                imageLimits,
                classBalance,
                limits,
                views,
                nearDuplicates);
    }

    public DataSettings withSplit(String name) {
        return new DataSettings(
                path,
                valEvery,
                Optional.of(name),
                lists,
                labels,
                imageLimits,
                classBalance,
                limits,
                views,
                nearDuplicates);
    }

    public DataSettings withLists(ListFiles files) {
        return new DataSettings(
                path, valEvery, split, files, labels, imageLimits, classBalance, limits, views, nearDuplicates);
    }

    public DataSettings withLabels(Path file) {
        return new DataSettings(
                path,
                valEvery,
                split,
                lists,
                Optional.of(file),
                imageLimits,
                classBalance,
                limits,
                views,
                nearDuplicates);
    }

    public DataSettings withClassBalance(ClassBalance balance) {
        return new DataSettings(
                path, valEvery, split, lists, labels, imageLimits, balance, limits, views, nearDuplicates);
    }

    public DataSettings withLimits(Limits other) {
        return new DataSettings(
                path, valEvery, split, lists, labels, imageLimits, classBalance, other, views, nearDuplicates);
    }

    public DataSettings withNearDuplicates(boolean searched) {
        return new DataSettings(
                path, valEvery, split, lists, labels, imageLimits, classBalance, limits, views, searched);
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
