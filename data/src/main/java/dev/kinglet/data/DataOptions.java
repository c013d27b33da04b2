package dev.kinglet.data;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * How data is divided and read.
 *
 * @param valEvery in one folder of classes, a picture validates when its position in its class's sorted names, counted
 *     from 0, is a multiple of this; at least 2
 * @param split the folder that validates, such as {@code test}, or {@link #ALL}; without it {@code val}, {@code validation}
 *     or {@code test}, the first there is
 * @param limits of each picture
 */
public record DataOptions(OptionalInt valEvery, Optional<String> split, ImageLimits limits) {
    /** The split that is every picture of one folder of classes; nothing is left to train on. */
    public static final String ALL = "all";

    public DataOptions {
        if (valEvery.isPresent() && valEvery.getAsInt() < 2) {
            throw new IllegalArgumentException(
                    "val-every is at least 2, or no picture is left to train on; it is " + valEvery.getAsInt());
        }
        if (valEvery.isPresent() && split.isPresent()) {
            throw new IllegalArgumentException("val-every " + valEvery.getAsInt() + " and split '" + split.get()
                    + "' both say which pictures validate; give one");
        }
    }

    /** Whatever the layout says. */
    public static DataOptions standard() {
        return new DataOptions(OptionalInt.empty(), Optional.empty(), ImageLimits.standard());
    }

    public DataOptions withValEvery(int pictures) {
        return new DataOptions(OptionalInt.of(pictures), split, limits);
    }

    public DataOptions withSplit(String name) {
        return new DataOptions(valEvery, Optional.of(name), limits);
    }

    public DataOptions withLimits(ImageLimits other) {
        return new DataOptions(valEvery, split, other);
    }
}
