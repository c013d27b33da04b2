package dev.kinglet.data;

import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageLimits;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Options for splitting and reading data.
 *
 * @param valEvery in one folder of classes, an image is in the validation split when its position in its class's sorted
 *     names, counted from 0, is a multiple of this; at least 2. A class's only image is in the training split
 * @param split name of the validation split, such as {@code test}, or {@link #ALL}; without it {@code val}, {@code valid},
 *     {@code validation} or {@code test}, whichever is there first
 * @param lists of images with their classes, instead of folders
 * @param labels class names by index, for data that only numbers its classes; if empty, the numbers are the names
 * @param decoder of the images
 */
public record DataOptions(
        OptionalInt valEvery, Optional<String> split, ListFiles lists, List<String> labels, ImageDecoder decoder) {
    /** The validation split that is every image of one folder of classes; no training images are left. */
    public static final String ALL = "all";

    public DataOptions {
        labels = List.copyOf(labels);
        if (valEvery.isPresent() && valEvery.getAsInt() < 2) {
            throw new IllegalArgumentException(
                    "val_every is at least 2, or no image is left to train on; it is " + valEvery.getAsInt());
        }
        if (valEvery.isPresent() && split.isPresent()) {
            throw new IllegalArgumentException("`val_every` " + valEvery.getAsInt() + " and `split` " + split.get()
                    + " both say which images validate; give one");
        }
        if (lists.areGiven() && (valEvery.isPresent() || split.isPresent())) {
            throw new IllegalArgumentException("list files say which images validate, and so does "
                    + (valEvery.isPresent() ? "`val_every` " + valEvery.getAsInt() : "`split` " + split.get())
                    + "; give one");
        }
    }

    /** The split of the layout. */
    public static DataOptions defaults() {
        return new DataOptions(
                OptionalInt.empty(),
                Optional.empty(),
                ListFiles.none(),
                List.of(),
                new ImageDecoder(ImageLimits.defaults()));
    }

    public DataOptions withValEvery(int images) {
        return new DataOptions(OptionalInt.of(images), split, lists, labels, decoder);
    }

    public DataOptions withSplit(String name) {
        return new DataOptions(valEvery, Optional.of(name), lists, labels, decoder);
    }

    public DataOptions withLists(ListFiles other) {
        return new DataOptions(valEvery, split, other, labels, decoder);
    }

    public DataOptions withLabels(List<String> names) {
        return new DataOptions(valEvery, split, lists, names, decoder);
    }

    public DataOptions withDecoder(ImageDecoder other) {
        return new DataOptions(valEvery, split, lists, labels, other);
    }
}
