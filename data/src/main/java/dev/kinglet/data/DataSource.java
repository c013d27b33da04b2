package dev.kinglet.data;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Labeled images on a disk, divided into those to train on and those to validate with. The layouts it knows:
 *
 * <ul>
 *   <li>{@code data/train/<class>/*} and {@code data/val/<class>/*} (or {@code validation}, or {@code test}); either may
 *       be missing;
 *   <li>{@code data/<class>/*}, divided by {@link DataOptions#valEvery()};
 *   <li>CIFAR-10 and CIFAR-100, binary or pickled, in a folder or as {@code .tar.gz};
 *   <li>tar shards of WebDataset, {@code data/train-*.tar} or {@code data/train/*.tar} (see {@link Shards});
 *   <li>files that list images with their classes ({@link ListFiles}), whatever the folders are.
 * </ul>
 *
 * Classes are numbered in the order of their names, CIFAR's in their own; lists and shards number them themselves.
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
    private final boolean numbered;

    private DataSource(
            Path data,
            @Nullable StoredDataset train,
            @Nullable StoredDataset validation,
            DataOptions options,
            String rule,
            boolean numbered) {
        this.data = data;
        this.train = train;
        this.validation = validation;
        this.options = options;
        this.rule = rule;
        this.numbered = numbered;
    }

    /**
     * Finds the images; none is decoded.
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
        if (options.lists().areGiven() && Files.isRegularFile(data)) {
            throw new IllegalArgumentException(
                    data + " is a file; the folder that the lists' paths are relative to is expected");
        }
        if (Files.isRegularFile(data)) {
            String name = data.toString().toLowerCase(Locale.ROOT);
            if (name.endsWith(".tar")) {
                return ofShards(data, Map.of(DataOptions.ALL, List.of(data)), options);
            }
            if (name.endsWith(".tar.gz") || name.endsWith(".tgz")) {
                return ofCifar(data, Cifar.inArchive(data), options);
            }
            throw new DatasetException(data
                    + " is a file; a folder of images, an archive of CIFAR (.tar.gz) or a shard (.tar) is expected");
        }
        if (!Files.isDirectory(data)) {
            throw new DatasetException("there is no folder " + data + nearest(data));
        }
        if (options.lists().areGiven()) {
            return ofLists(data, options);
        }
        Optional<Cifar> cifar = Cifar.inFolder(data);
        if (cifar.isPresent()) {
            return ofCifar(data, cifar.get(), options);
        }
        if (hasSplits(data)) {
            return ofSplits(data, parts(data, options), options, false);
        }
        Map<String, List<Path>> shards = Shards.in(data, splitNames());
        boolean hasClasses = ImageFolder.folders(data).stream()
                .anyMatch(folder -> !splitNames().contains(String.valueOf(folder.getFileName())));
        return shards.isEmpty() || hasClasses ? ofClasses(data, options) : ofShards(data, shards, options);
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
        if (train == null) {
            throw new IllegalArgumentException(data + " has no images to train on: " + rule);
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
        if (validation == null) {
            throw new IllegalArgumentException(data + " has no images to validate with: " + rule
                    + (options.lists().areGiven()
                            ? "; give a list of them too"
                            : "; say which with val-every N, or add a folder val"));
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

    /** The folder or file the images lie in. */
    Path data() {
        return data;
    }

    /** Whether the data only numbers its classes, so that {@link DataOptions#labels()} are their names, if there are any. */
    public boolean numbersClasses() {
        return numbered;
    }

    /** The options that give the same division again, with what the layout decided written out. */
    public DataOptions options() {
        return options;
    }

    /** One line for a log: how many classes and images, and how they were divided. */
    public String description() {
        List<String> counts = new ArrayList<>();
        if (train != null) {
            counts.add(train.size() + " images to train on");
        }
        if (validation != null) {
            counts.add(validation.size() + " to validate with");
        }
        return labels().size() + " classes, " + String.join(", ", counts) + " (" + rule + ")";
    }

    /**
     * Says whether it is the same data: SHA-256 over names, sizes and labels, in hexadecimal. Images are not read, so a
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
            throw new IllegalStateException(data + " was opened without images");
        }
        return any;
    }

    private static DataSource ofCifar(Path data, Cifar cifar, DataOptions options) {
        if (options.valEvery().isPresent()) {
            throw new IllegalArgumentException(
                    data + " is " + cifar.form().name() + " with test images of its own; leave out val-every");
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
                cifar.form().name() + ", split " + split,
                false);
    }

    /** A folder named train or val that holds folders; one that holds images is a class of that name. */
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

    /** Data that is divided already: what its parts are called, and how one is read. */
    private record Parts(List<String> names, Reader reader) {
        interface Reader {
            SplittableDataset read(String name) throws IOException;
        }
    }

    private static Parts parts(Path data, DataOptions options) throws IOException {
        return new Parts(names(data), name -> ImageFolder.scan(data, data.resolve(name), options.decoder()));
    }

    private static DataSource ofSplits(Path data, Parts parts, DataOptions options, boolean numbered)
            throws IOException {
        SplittableDataset train = parts.names().contains(TRAIN) ? parts.reader().read(TRAIN) : null;
        Optional<String> split = options.split()
                .or(() -> VALIDATION.stream().filter(parts.names()::contains).findFirst());
        if (options.valEvery().isPresent()) {
            if (train == null || split.isPresent()) {
                throw new IllegalArgumentException(
                        data + " is divided already (" + String.join(", ", parts.names()) + "); leave out val-every");
            }
            return divided(data, train, options, options.valEvery().getAsInt(), numbered);
        }
        if (split.isEmpty()) {
            String rule = "it has a part train, and none of " + String.join(", ", VALIDATION);
            return new DataSource(data, train, null, options, rule, numbered);
        }
        if (!parts.names().contains(split.get())) {
            throw new IllegalArgumentException("there is no split '" + split.get() + "' in " + data + ", which has "
                    + String.join(", ", parts.names()));
        }
        SplittableDataset validation = parts.reader().read(split.get());
        if (train != null) {
            requireSameClasses(data, train.labels(), split.get(), validation.labels());
        }
        return new DataSource(
                data, train, validation, options.withSplit(split.get()), "split " + split.get(), numbered);
    }

    private static DataSource ofClasses(Path data, DataOptions options) throws IOException {
        ImageFolder all = ImageFolder.scan(data, data, options.decoder());
        return ofAll(data, all, "one folder of classes", options, false);
    }

    private static DataSource ofAll(
            Path data, SplittableDataset all, String what, DataOptions options, boolean numbered)
            throws DatasetException {
        OptionalInt valEvery = options.valEvery();
        if (valEvery.isPresent()) {
            return divided(data, all, options, valEvery.getAsInt(), numbered);
        }
        if (options.split().isEmpty()) {
            return new DataSource(data, all, null, options, "it is " + what, numbered);
        }
        if (!options.split().get().equals(DataOptions.ALL)) {
            throw new IllegalArgumentException(
                    "there is no split '" + options.split().get() + "' in " + data + ": it is " + what
                            + "; give val-every N, or split " + DataOptions.ALL);
        }
        return new DataSource(data, null, all, options, "all images validate", numbered);
    }

    private static DataSource ofShards(Path data, Map<String, List<Path>> shards, DataOptions options)
            throws IOException {
        if (shards.size() > 1 && shards.containsKey(DataOptions.ALL)) {
            throw new DatasetException("the shards in " + data + " are of " + String.join(", ", shards.keySet())
                    + "; either all belong to a split by their names, or none");
        }
        Path folder = Files.isDirectory(data) ? data : data.toAbsolutePath().resolveSibling("");
        boolean named = Files.isRegularFile(folder.resolve(Shards.LABELS));
        List<String> labels = named ? LabelFile.read(folder.resolve(Shards.LABELS)) : options.labels();
        Map<String, ShardDataset> read = new TreeMap<>();
        for (Map.Entry<String, List<Path>> split : shards.entrySet()) {
            read.put(
                    split.getKey(),
                    ShardDataset.read(split.getValue(), labels, options.decoder(), ArchiveLimits.defaults()));
        }
        List<String> names = labels.isEmpty() ? numbers(data, List.copyOf(read.values())) : labels;
        read.replaceAll((split, images) -> images.withLabels(names));
        ShardDataset all = read.get(DataOptions.ALL);
        return all != null
                ? ofAll(data, all, "shards of no split", options, !named)
                : ofSplits(data, new Parts(List.copyOf(read.keySet()), name -> part(read, name)), options, !named);
    }

    private static ShardDataset part(Map<String, ShardDataset> parts, String name) {
        return Objects.requireNonNull(parts.get(name), name);
    }

    private static DataSource ofLists(Path data, DataOptions options) throws IOException {
        List<NumberedDataset> read = new ArrayList<>();
        List<String> files = new ArrayList<>();
        for (Path list : Stream.of(options.lists().train(), options.lists().validation())
                .flatMap(Optional::stream)
                .toList()) {
            read.add(ImageList.read(list, data, options.labels(), options.decoder()));
            files.add(list.toString());
        }
        List<String> names = options.labels().isEmpty() ? numbers(data, read) : options.labels();
        boolean trains = options.lists().train().isPresent();
        boolean validates = options.lists().validation().isPresent();
        return new DataSource(
                data,
                trains ? read.get(0).withLabels(names) : null,
                validates ? read.get(read.size() - 1).withLabels(names) : null,
                options,
                "listed in " + String.join(" and ", files),
                true);
    }

    /** A name for every class: its number. */
    private static List<String> numbers(Path data, List<? extends NumberedDataset> parts) throws DatasetException {
        int classes = parts.stream().mapToInt(NumberedDataset::classes).max().orElse(0);
        if (classes < 2) {
            throw new DatasetException(
                    "a classifier needs at least two classes, and all images in " + data + " have the label 0");
        }
        return IntStream.range(0, classes).mapToObj(Integer::toString).toList();
    }

    private static DataSource divided(
            Path data, SplittableDataset all, DataOptions options, int valEvery, boolean numbered)
            throws DatasetException {
        SplittableDataset train = all.where(position -> position % valEvery != 0);
        SplittableDataset validation = all.where(position -> position % valEvery == 0);
        boolean[] trained = new boolean[all.labels().size()];
        for (int i = 0; i < train.size(); i++) {
            trained[train.label(i)] = true;
        }
        for (int i = 0; i < validation.size(); i++) {
            int label = validation.label(i);
            if (!trained[label]) {
                throw new DatasetException("the class '" + all.labels().get(label) + "' in " + data
                        + " has one image, and that one validates; add more or remove it");
            }
        }
        return new DataSource(data, train, validation, options, "val-every " + valEvery, numbered);
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
