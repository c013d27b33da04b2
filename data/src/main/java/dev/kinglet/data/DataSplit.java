package dev.kinglet.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Training and validation images of a data source.
 *
 * @param train null if there are none
 * @param validation null if there are none
 * @param options that give the same split again, with what the layout decided written out
 * @param rule of the split, for messages
 * @param isNumbered whether the data only numbers its classes
 * @param unused splits of the data that are in neither
 * @param scanned files that a scan of folders counted
 */
record DataSplit(
        @Nullable StoredDataset train,
        @Nullable StoredDataset validation,
        DataOptions options,
        String rule,
        boolean isNumbered,
        List<String> unused,
        ImageFolder.Scanned scanned) {
    DataSplit(
            @Nullable StoredDataset train,
            @Nullable StoredDataset validation,
            DataOptions options,
            String rule,
            boolean isNumbered) {
        this(train, validation, options, rule, isNumbered, List.of(), ImageFolder.Scanned.none());
    }

    DataSplit withScanned(ImageFolder.Scanned files) {
        return new DataSplit(train, validation, options, rule, isNumbered, unused, files);
    }

    private DataSplit withUnused(List<String> splits) {
        return new DataSplit(train, validation, options, rule, isNumbered, splits, scanned);
    }

    /** Data that has several splits. */
    interface Parts {
        /** Names of the parts; some may not be names of splits. */
        List<String> names();

        StoredDataset.Splittable read(String name) throws IOException;

        /** A part as the validation split of the part {@code train}, which has these classes. */
        StoredDataset.Splittable validation(String name, String train, List<String> labels) throws IOException;
    }

    /** Training images from the part of that name; validation images from the part in the options, or the usual one. */
    static DataSplit ofParts(Path data, Parts parts, DataOptions options, boolean isNumbered) throws IOException {
        List<String> names = parts.names();
        String there = String.join(", ", names);
        Optional<String> train = SplitName.TRAIN.in(names);
        Optional<String> split = options.split().isPresent()
                ? options.split()
                : SplitName.VALIDATION.in(names).or(() -> SplitName.TEST.in(names));
        if (options.valEvery().isPresent()) {
            if (train.isEmpty() || split.isPresent()) {
                throw new IllegalArgumentException(data + " is divided already (" + there + "); leave out `val_every`");
            }
            DataSplit divided = every(
                    data, parts.read(train.get()), options, options.valEvery().getAsInt(), isNumbered);
            return divided.withUnused(without(names, train, Optional.empty()));
        }
        if (split.isEmpty()) {
            String rule = "it has a part " + train.orElse("train") + ", and none of val, valid, validation, test";
            StoredDataset all = train.isPresent() ? parts.read(train.get()) : null;
            return new DataSplit(all, null, options, rule, isNumbered)
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
        return new DataSplit(trained, validating, options.withSplit(name), "split " + name, isNumbered)
                .withUnused(without(names, train, validation));
    }

    private static List<String> without(List<String> names, Optional<String> train, Optional<String> validation) {
        return names.stream()
                .filter(name ->
                        !Optional.of(name).equals(train) && !Optional.of(name).equals(validation))
                .toList();
    }

    /** Every Nth image of a class for validation and the others for training, or all for one of both. */
    static DataSplit ofAll(
            Path data, StoredDataset.Splittable all, String what, DataOptions options, boolean isNumbered)
            throws DatasetException {
        OptionalInt valEvery = options.valEvery();
        if (valEvery.isPresent()) {
            return every(data, all, options, valEvery.getAsInt(), isNumbered);
        }
        if (options.split().isEmpty()) {
            return new DataSplit(all, null, options, "it is " + what, isNumbered);
        }
        if (!options.split().get().equals(DataOptions.ALL)) {
            throw new IllegalArgumentException(
                    "there is no split '" + options.split().get() + "' in " + data + ": it is " + what
                            + "; give `val_every` N, or `split` " + DataOptions.ALL);
        }
        return new DataSplit(null, all, options, "all images validate", isNumbered);
    }

    /** A class's only image is for training, though its position, 0, is a multiple of any number. */
    private static DataSplit every(
            Path data, StoredDataset.Splittable all, DataOptions options, int valEvery, boolean isNumbered)
            throws DatasetException {
        StoredDataset train = all.where((position, images) -> position % valEvery != 0 || images == 1);
        StoredDataset validation = all.where((position, images) -> position % valEvery == 0 && images > 1);
        if (validation.size() == 0) {
            throw new DatasetException("every class in " + data
                    + " has one image, so none is left to validate with; add more, or leave out `val_every`");
        }
        return new DataSplit(train, validation, options, "val-every " + valEvery, isNumbered);
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

    /** SHA-256 of a listing: one line per image, {@code part TAB name TAB bytes TAB label}, sorted within each part. */
    String digest() {
        MessageDigest sha256;
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
        listing("train", train).forEachOrdered(line -> sha256.update(line.getBytes(StandardCharsets.UTF_8)));
        listing("validation", validation).forEachOrdered(line -> sha256.update(line.getBytes(StandardCharsets.UTF_8)));
        return HexFormat.of().formatHex(sha256.digest());
    }

    private static Stream<String> listing(String part, @Nullable StoredDataset images) {
        if (images == null) {
            return Stream.empty();
        }
        List<String> labels = images.labels();
        return IntStream.range(0, images.size())
                .mapToObj(i -> part + "\t" + images.name(i) + "\t" + images.bytes(i) + "\t"
                        + labels.get(images.label(i)) + "\n")
                .sorted();
    }
}
