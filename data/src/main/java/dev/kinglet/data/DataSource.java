package dev.kinglet.data;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Labelled pictures on a disk, divided into those to train on and those to validate with. The layouts it knows:
 *
 * <ul>
 *   <li>{@code data/train/<class>/*} and {@code data/val/<class>/*} (or {@code validation}, or {@code test}); either may
 *       be missing;
 *   <li>{@code data/<class>/*}, divided by {@link DataOptions#valEvery()};
 *   <li>CIFAR-10 and CIFAR-100, binary or pickled, in a folder or as {@code .tar.gz}.
 * </ul>
 *
 * Classes are numbered in the order of their names, CIFAR's in their own.
 */
public final class DataSource {
    private static final String TRAIN = "train";
    private static final List<String> VALIDATION = List.of("val", "validation", "test");
    private static final int NAMES_IN_MESSAGES = 5;

    private final Path data;
    private final @Nullable StoredDataset train;
    private final @Nullable StoredDataset validation;
    private final DataOptions options;
    private final String rule;

    private DataSource(
            Path data,
            @Nullable StoredDataset train,
            @Nullable StoredDataset validation,
            DataOptions options,
            String rule) {
        this.data = data;
        this.train = train;
        this.validation = validation;
        this.options = options;
        this.rule = rule;
    }

    /**
     * Finds the pictures; none is decoded.
     *
     * @param data a folder, or one of CIFAR's archives
     * @throws IllegalArgumentException if the options ask for what the layout does not have
     * @throws IOException if the data is missing, empty, damaged or at odds with itself; the message says which
     */
    public static DataSource open(Path data, DataOptions options) throws IOException {
        try {
            return find(data, options);
        } catch (FileSystemException e) { // its message is a path and no more
            throw new DatasetException("could not read " + data + ": " + e, e);
        }
    }

    private static DataSource find(Path data, DataOptions options) throws IOException {
        if (Files.isRegularFile(data)) {
            String name = data.toString().toLowerCase(Locale.ROOT);
            if (name.endsWith(".tar.gz") || name.endsWith(".tgz")) {
                return ofCifar(data, Cifar.inArchive(data), options);
            }
            throw new DatasetException(
                    data + " is a file; a folder of pictures or an archive of CIFAR (.tar.gz) is" + " expected");
        }
        if (!Files.isDirectory(data)) {
            throw new DatasetException("there is no folder " + data + nearest(data));
        }
        Optional<Cifar> cifar = Cifar.inFolder(data);
        if (cifar.isPresent()) {
            return ofCifar(data, cifar.get(), options);
        }
        return hasSplits(data) ? ofSplits(data, options) : ofClasses(data, options);
    }

    /**
     * The pictures to train on.
     *
     * @throws IllegalArgumentException if the layout and the options leave none
     */
    public Dataset train() {
        if (train == null) {
            throw new IllegalArgumentException(data + " has no pictures to train on: " + rule);
        }
        return train;
    }

    /**
     * The pictures to validate with.
     *
     * @throws IllegalArgumentException if the layout and the options leave none
     */
    public Dataset validation() {
        if (validation == null) {
            throw new IllegalArgumentException(data + " has no pictures to validate with: " + rule
                    + "; say which with val-every N, or add a folder val");
        }
        return validation;
    }

    public boolean hasTrain() {
        return train != null;
    }

    public boolean hasValidation() {
        return validation != null;
    }

    /** Class names by class index. */
    public List<String> labels() {
        return any().labels();
    }

    /** The options that give the same division again, with what the layout decided written out. */
    public DataOptions options() {
        return options;
    }

    /** One line for a log: how many classes and pictures, and how they were divided. */
    public String description() {
        List<String> counts = new ArrayList<>();
        if (train != null) {
            counts.add(train.size() + " pictures to train on");
        }
        if (validation != null) {
            counts.add(validation.size() + " to validate with");
        }
        return labels().size() + " classes, " + String.join(", ", counts) + " (" + rule + ")";
    }

    /**
     * Says whether it is the same data: SHA-256 over names, sizes and labels, in hexadecimal. Pictures are not read, so a
     * change of their bytes alone does not show.
     */
    public String digest() {
        DatasetDigest digest = new DatasetDigest();
        if (train != null) {
            digest.add(TRAIN, train);
        }
        if (validation != null) {
            digest.add("validation", validation);
        }
        return digest.hexadecimal();
    }

    private StoredDataset any() {
        StoredDataset any = train != null ? train : validation;
        if (any == null) {
            throw new IllegalStateException(data + " was opened without pictures");
        }
        return any;
    }

    private static DataSource ofCifar(Path data, Cifar cifar, DataOptions options) {
        if (options.valEvery().isPresent()) {
            throw new IllegalArgumentException(
                    data + " is " + cifar.form().name() + " with test pictures of its own; leave out val-every");
        }
        String split = options.split().orElse("test");
        if (!split.equals("test") && !split.equals(TRAIN)) {
            throw new IllegalArgumentException(
                    data + " is " + cifar.form().name() + ", which has train and test, not '" + split + "'");
        }
        StoredDataset validation = split.equals(TRAIN) ? cifar.train() : cifar.test();
        return new DataSource(
                data,
                cifar.train(),
                validation,
                options.withSplit(split),
                cifar.form().name() + ", split " + split);
    }

    /** A folder named train or val that holds folders; one that holds pictures is a class of that name. */
    private static boolean hasSplits(Path data) throws IOException {
        for (String name : splitNames()) {
            Path folder = data.resolve(name);
            if (Files.isDirectory(folder) && !ImageFolder.folders(folder).isEmpty()) {
                return true;
            }
        }
        return false;
    }

    private static List<String> splitNames() {
        return Stream.concat(Stream.of(TRAIN), VALIDATION.stream()).toList();
    }

    private static DataSource ofSplits(Path data, DataOptions options) throws IOException {
        ImageDecoder decoder = new ImageDecoder(options.limits());
        ImageFolder train =
                Files.isDirectory(data.resolve(TRAIN)) ? ImageFolder.scan(data, data.resolve(TRAIN), decoder) : null;
        Optional<String> split = options.split()
                .or(() -> VALIDATION.stream()
                        .filter(name -> Files.isDirectory(data.resolve(name)))
                        .findFirst());
        if (options.valEvery().isPresent()) {
            if (train == null || split.isPresent()) {
                throw new IllegalArgumentException(data + " is divided into folders already ("
                        + String.join(", ", names(data)) + "); leave out val-every");
            }
            return divided(data, train, options, options.valEvery().getAsInt());
        }
        if (split.isEmpty()) {
            return new DataSource(
                    data, train, null, options, "it has a folder train, and none of " + String.join(", ", VALIDATION));
        }
        Path folder = data.resolve(split.get());
        if (!Files.isDirectory(folder)) {
            throw new IllegalArgumentException("there is no split '" + split.get() + "' in " + data + ", which has "
                    + String.join(", ", names(data)));
        }
        ImageFolder validation = ImageFolder.scan(data, folder, decoder);
        if (train != null) {
            requireSameClasses(data, train.labels(), split.get(), validation.labels());
        }
        return new DataSource(data, train, validation, options.withSplit(split.get()), "split " + split.get());
    }

    private static DataSource ofClasses(Path data, DataOptions options) throws IOException {
        ImageFolder all = ImageFolder.scan(data, data, new ImageDecoder(options.limits()));
        OptionalInt valEvery = options.valEvery();
        if (valEvery.isPresent()) {
            return divided(data, all, options, valEvery.getAsInt());
        }
        if (options.split().isEmpty()) {
            return new DataSource(data, all, null, options, "it is one folder of classes");
        }
        if (!options.split().get().equals(DataOptions.ALL)) {
            throw new IllegalArgumentException(
                    "there is no split '" + options.split().get() + "' in " + data
                            + ": it is one folder of classes; give val-every N, or split " + DataOptions.ALL);
        }
        return new DataSource(data, null, all, options, "all pictures validate");
    }

    private static DataSource divided(Path data, ImageFolder all, DataOptions options, int valEvery)
            throws DatasetException {
        ImageFolder train = all.where(position -> position % valEvery != 0);
        ImageFolder validation = all.where(position -> position % valEvery == 0);
        boolean[] trained = new boolean[all.labels().size()];
        for (int i = 0; i < train.size(); i++) {
            trained[train.label(i)] = true;
        }
        for (int label = 0; label < trained.length; label++) {
            if (!trained[label]) {
                throw new DatasetException("the class '" + all.labels().get(label) + "' in " + data
                        + " has one picture, and that one validates; add more or remove it");
            }
        }
        return new DataSource(data, train, validation, options, "val-every " + valEvery);
    }

    private static void requireSameClasses(Path data, List<String> train, String split, List<String> validation)
            throws DatasetException {
        if (!train.equals(validation)) {
            throw new DatasetException(TRAIN + " and " + split + " in " + data + " do not have the same classes: "
                    + "only in " + TRAIN + ": " + without(train, validation) + "; only in " + split + ": "
                    + without(validation, train));
        }
    }

    private static String without(List<String> names, List<String> others) {
        Set<String> left = new TreeSet<>(names);
        left.removeAll(Set.copyOf(others));
        String some = String.join(", ", left.stream().limit(NAMES_IN_MESSAGES).toList());
        int more = left.size() - NAMES_IN_MESSAGES;
        return left.isEmpty() ? "none" : more > 0 ? some + " and " + more + " more" : some;
    }

    private static List<String> names(Path folder) throws IOException {
        return ImageFolder.folders(folder).stream()
                .map(each -> folder.relativize(each).toString())
                .toList();
    }

    private static String nearest(Path missing) {
        Path parent = missing.toAbsolutePath().normalize().getParent();
        while (parent != null && !Files.isDirectory(parent)) {
            parent = parent.getParent();
        }
        return parent == null ? "" : "; the nearest that exists is " + parent;
    }
}
