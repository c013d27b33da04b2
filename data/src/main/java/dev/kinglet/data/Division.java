package dev.kinglet.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Labeled images, divided into those to train on and those to validate with.
 *
 * @param train null if there are none
 * @param validation null if there are none
 * @param options that give the same division again, with what the layout decided written out
 * @param rule that divided them, for messages
 * @param isNumbered whether the data only numbers its classes
 * @param unused splits that are there and in neither
 * @param scanned files that were come by
 */
record Division(
        @Nullable StoredDataset train,
        @Nullable StoredDataset validation,
        DataOptions options,
        String rule,
        boolean isNumbered,
        List<String> unused,
        ImageFolder.Scanned scanned) {
    Division(
            @Nullable StoredDataset train,
            @Nullable StoredDataset validation,
            DataOptions options,
            String rule,
            boolean isNumbered) {
        this(train, validation, options, rule, isNumbered, List.of(), ImageFolder.Scanned.none());
    }

    Division withScanned(ImageFolder.Scanned files) {
        return new Division(train, validation, options, rule, isNumbered, unused, files);
    }

    private Division withUnused(List<String> splits) {
        return new Division(train, validation, options, rule, isNumbered, splits, scanned);
    }

    /** Data that is divided already. */
    interface Parts {
        /** What the parts are called; some may be no split's. */
        List<String> names();

        StoredDataset.Divisible read(String name) throws IOException;

        /** A part that validates what another one trains, which has these classes. */
        StoredDataset.Divisible validation(String name, String train, List<String> labels) throws IOException;
    }

    /** Trains on the part of that name, and validates with the one the options name, or else with the usual one. */
    static Division ofParts(Path data, Parts parts, DataOptions options, boolean isNumbered) throws IOException {
        List<String> names = parts.names();
        String there = String.join(", ", names);
        Optional<String> train = SplitName.TRAIN.in(names);
        Optional<String> split = options.split().isPresent()
                ? options.split()
                : SplitName.VALIDATION.in(names).or(() -> SplitName.TEST.in(names));
        if (options.valEvery().isPresent()) {
            if (train.isEmpty() || split.isPresent()) {
                throw new IllegalArgumentException(data + " is divided already (" + there + "); leave out val-every");
            }
            Division division = every(
                    data, parts.read(train.get()), options, options.valEvery().getAsInt(), isNumbered);
            return division.withUnused(without(names, train, Optional.empty()));
        }
        if (split.isEmpty()) {
            String rule = "it has a part " + train.orElse("train") + ", and none of val, valid, validation, test";
            StoredDataset all = train.isPresent() ? parts.read(train.get()) : null;
            return new Division(all, null, options, rule, isNumbered)
                    .withUnused(without(names, train, Optional.empty()));
        }
        Optional<String> validation = SplitName.meant(split.get(), names);
        if (validation.isEmpty()) {
            throw new IllegalArgumentException(
                    "there is no split '" + split.get() + "' in " + data + ", which has " + there);
        }
        String name = validation.get();
        StoredDataset trained = train.isPresent() ? parts.read(train.get()) : null;
        StoredDataset validating =
                trained == null ? parts.read(name) : parts.validation(name, train.orElseThrow(), trained.labels());
        return new Division(trained, validating, options.withSplit(name), "split " + name, isNumbered)
                .withUnused(without(names, train, validation));
    }

    private static List<String> without(List<String> names, Optional<String> train, Optional<String> validation) {
        return names.stream()
                .filter(name ->
                        !Optional.of(name).equals(train) && !Optional.of(name).equals(validation))
                .toList();
    }

    /** Trains on all images but every so-manyth of a class, or validates with all of them. */
    static Division ofAll(Path data, StoredDataset.Divisible all, String what, DataOptions options, boolean isNumbered)
            throws DatasetException {
        OptionalInt valEvery = options.valEvery();
        if (valEvery.isPresent()) {
            return every(data, all, options, valEvery.getAsInt(), isNumbered);
        }
        if (options.split().isEmpty()) {
            return new Division(all, null, options, "it is " + what, isNumbered);
        }
        if (!options.split().get().equals(DataOptions.ALL)) {
            throw new IllegalArgumentException(
                    "there is no split '" + options.split().get() + "' in " + data + ": it is " + what
                            + "; give val-every N, or split " + DataOptions.ALL);
        }
        return new Division(null, all, options, "all images validate", isNumbered);
    }

    /** A class's only image trains, though its position is a multiple of any number. */
    private static Division every(
            Path data, StoredDataset.Divisible all, DataOptions options, int valEvery, boolean isNumbered)
            throws DatasetException {
        StoredDataset train = all.where((position, images) -> position % valEvery != 0 || images == 1);
        StoredDataset validation = all.where((position, images) -> position % valEvery == 0 && images > 1);
        if (validation.size() == 0) {
            throw new DatasetException("every class in " + data
                    + " has one image, so none is left to validate with; add more, or leave out val-every");
        }
        return new Division(train, validation, options, "val-every " + valEvery, isNumbered);
    }

    /** A name for every class that only has a number: the number. */
    static List<String> numbers(Path data, List<? extends StoredDataset.Numbered> parts) throws DatasetException {
        int classes =
                parts.stream().mapToInt(StoredDataset.Numbered::classes).max().orElse(0);
        if (classes < 2) {
            throw new DatasetException(
                    "a classifier needs at least two classes, and all images in " + data + " have the label 0");
        }
        return IntStream.range(0, classes).mapToObj(Integer::toString).toList();
    }
}
