package dev.kinglet.data;

import dev.kinglet.base.IoReason;
import dev.kinglet.base.LabelFile;
import dev.kinglet.base.Plural;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Labeled images on a disk, split into training and validation images. The known layouts:
 *
 * <ul>
 *   <li>{@code data/train/<class>/*} and {@code data/val/<class>/*} (or {@code valid}, {@code validation}, or else {@code
 *       test}; in upper or lower case); either may be missing;
 *   <li>{@code data/<class>/*}, split by {@link DataOptions#valEvery()};
 *   <li>CIFAR-10 and CIFAR-100, binary or pickled, in a folder or as {@code .tar.gz};
 *   <li>tar shards of WebDataset, {@code data/train-*.tar} or {@code data/train/*.tar};
 *   <li>files that list images with their classes ({@link ListFiles}).
 * </ul>
 *
 * Classes are numbered in the order of their names, CIFAR's in their own; lists and shards number them themselves. Images
 * in folders inside a class's folder are of that class.
 */
public final class DataSource {
    private static final int NAMES_IN_MESSAGES = 5;

    private final Path data;
    private final DataSplit split;
    private final List<String> remarks;

    private DataSource(Path data, DataSplit split, List<String> remarks) {
        this.data = data;
        this.split = split;
        this.remarks = List.copyOf(remarks);
    }

    /**
     * Finds the images; none is decoded.
     *
     * @param data a folder, one of CIFAR's archives, or a shard
     * @throws IllegalArgumentException if the options ask for what the layout does not have
     * @throws IOException if the data is missing, empty, damaged or at odds with itself; the message says which
     */
    public static DataSource open(Path data, DataOptions options) throws IOException {
        try {
            DataSplit split = Layout.of(data, options).open(options);
            return new DataSource(data, split, remarks(split));
        } catch (FileSystemException e) { // its message is a path and no more
            throw new DatasetException(
                    "could not read " + (e.getFile() == null ? data : e.getFile()) + ": " + IoReason.of(e), e);
        }
    }

    /**
     * Finds the images, and names their classes.
     *
     * @param labels a file of class names ({@link LabelFile}), for data that only numbers its classes
     * @throws IllegalArgumentException if the data names its classes itself, or the options ask for what the layout does
     *     not have
     * @throws IOException if data or names are missing, empty, damaged or at odds with each other
     */
    public static DataSource open(Path data, DataOptions options, Path labels) throws IOException {
        LabelFile file = LabelFile.read(labels);
        DataSource source = open(data, options.withLabels(file.names()));
        if (!source.numbersClasses()) {
            throw new IllegalArgumentException(
                    "labels names the classes of lists and shards, but " + data + " names its own; leave it out");
        }
        List<String> remarks = new ArrayList<>(source.remarks);
        file.remark(labels).ifPresent(remarks::add);
        return new DataSource(data, source.split, remarks);
    }

    /**
     * The images to train on.
     *
     * @throws IllegalArgumentException if the layout and the options leave none
     */
    public Dataset train() {
        return storedTrain();
    }

    StoredDataset storedTrain() {
        StoredDataset train = split.train();
        if (train == null) {
            throw new IllegalArgumentException(data + " has no images to train on: " + split.rule());
        }
        return train;
    }

    /**
     * The images to validate with.
     *
     * @throws IllegalArgumentException if the layout and the options leave none
     */
    public Dataset validation() {
        return storedValidation();
    }

    StoredDataset storedValidation() {
        StoredDataset validation = split.validation();
        if (validation == null) {
            throw new IllegalArgumentException(data + " has no images to validate with: " + split.rule()
                    + (options().lists().areGiven()
                            ? "; give a list of them too"
                            : "; say which with `val_every` N, or add a folder val"));
        }
        return validation;
    }

    public boolean hasTrain() {
        return split.train() != null;
    }

    public boolean hasValidation() {
        return split.validation() != null;
    }

    /** Class names by class index. */
    public List<String> labels() {
        return (hasTrain() ? storedTrain() : storedValidation()).labels();
    }

    /** The folder or file the images lie in. */
    Path data() {
        return data;
    }

    /** Whether the data only numbers its classes, so that {@link DataOptions#labels()} are their names, if there are any. */
    public boolean numbersClasses() {
        return split.isNumbered();
    }

    /** The options that give the same split again, with what the layout decided written out. */
    public DataOptions options() {
        return split.options();
    }

    /** Splits that are there and used neither to train nor to validate, such as {@code test}. */
    public List<String> unusedSplits() {
        return split.unused();
    }

    /**
     * Numbers of files in folders of classes that are not named as images of a format that can be decoded, by their endings
     * in lower case with the dot, in alphabetical order; the ending is empty for names without one.
     */
    public SortedMap<String, Integer> leftOut() {
        return Collections.unmodifiableSortedMap(
                new TreeMap<>(split.scanned().leftOut().endings()));
    }

    /** One line for a log: the numbers of classes and images, and the rule of the split. */
    public String description() {
        List<String> counts = new ArrayList<>();
        if (hasTrain()) {
            counts.add(Plural.of(storedTrain().size(), "image") + " to train on");
        }
        if (hasValidation()) {
            counts.add((hasTrain()
                            ? storedValidation().size()
                            : Plural.of(storedValidation().size(), "image")) + " to validate with");
        }
        return labels().size() + " classes, " + String.join(", ", counts) + " (" + split.rule() + ")";
    }

    /**
     * Notes on unexpected properties of the data: unused splits, files left out, images in nested folders, classes without
     * training or validation images. Empty for most data.
     */
    public List<String> remarks() {
        return remarks;
    }

    private static List<String> remarks(DataSplit split) {
        List<String> remarks = new ArrayList<>();
        if (!split.unused().isEmpty()) {
            remarks.add("not used: " + some(split.unused()) + " (--split NAME validates with that one)");
        }
        ImageFolder.Scanned scanned = split.scanned();
        if (scanned.leftOut().files() > 0) {
            remarks.add(scanned.leftOut().toString());
        }
        if (scanned.loose() > 0) {
            remarks.add(Plural.of(scanned.loose(), "image") + " left out: beside the folders of the classes");
        }
        if (scanned.nested() > 0) {
            remarks.add(Plural.of(scanned.nested(), "image") + " in folders inside a class's folder");
        }
        StoredDataset train = split.train();
        StoredDataset validation = split.validation();
        if (train != null && validation != null) {
            addMissing(remarks, "training", train);
            addMissing(remarks, "validation", validation);
        }
        return remarks;
    }

    private static void addMissing(List<String> remarks, String purpose, StoredDataset images) {
        boolean[] present = new boolean[images.labels().size()];
        for (int i = 0; i < images.size(); i++) {
            present[images.label(i)] = true;
        }
        List<String> missing = IntStream.range(0, present.length)
                .filter(label -> !present[label])
                .mapToObj(images.labels()::get)
                .toList();
        if (!missing.isEmpty()) {
            remarks.add(Plural.of(missing.size(), "class") + " without " + purpose + " images: " + some(missing));
        }
    }

    /** The first few of some names, and how many more there are. */
    static String some(Collection<String> names) {
        String some = String.join(", ", names.stream().limit(NAMES_IN_MESSAGES).toList());
        int more = names.size() - NAMES_IN_MESSAGES;
        return more > 0 ? some + " and " + more + " more" : some;
    }

    /**
     * Identity of the data: SHA-256 over names, sizes and labels, in hexadecimal. Images are not read, so a change of
     * their bytes alone does not change it. Neither the data's place nor the order in which it is listed matters.
     */
    public String digest() {
        return split.digest();
    }
}
