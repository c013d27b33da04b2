package dev.kinglet.data;

import dev.kinglet.base.LabelFile;
import dev.kinglet.data.archive.ArchiveLimits;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Tar shards: {@code train-000000.tar} or {@code train/000000.tar}, and the same of other splits by any name of {@link
 * SplitName}; class names, one per line, in {@code labels.txt}.
 *
 * @param data their folder, or the only shard
 * @param shards by their split, sorted; those that name none are {@link DataOptions#ALL}
 */
record ShardLayout(Path data, Map<String, List<Path>> shards) implements Layout {
    /** The file of the class names, beside the shards. */
    static final String LABELS = "labels.txt";

    static final String ENDING = ".tar";

    private static final Pattern OF_SPLIT =
            Pattern.compile("(?:.*[-_.])?(" + String.join("|", SplitName.all()) + ")[-_.].*", Pattern.CASE_INSENSITIVE);

    /**
     * The shards in a folder by their split.
     *
     * @param folders in it, which may be those of splits
     */
    static Map<String, List<Path>> in(Path folder, List<Path> folders) throws IOException {
        Map<String, List<Path>> found = new TreeMap<>();
        for (Path shard : shards(folder)) {
            Matcher split = OF_SPLIT.matcher(name(shard));
            found.computeIfAbsent(split.matches() ? split.group(1) : DataOptions.ALL, name -> new ArrayList<>())
                    .add(shard);
        }
        for (Path inner : folders) {
            if (SplitName.of(name(inner)).isPresent()) {
                List<Path> shards = shards(inner);
                if (!shards.isEmpty()) {
                    found.computeIfAbsent(name(inner), name -> new ArrayList<>())
                            .addAll(shards);
                }
            }
        }
        return found;
    }

    private static List<Path> shards(Path folder) throws IOException {
        List<Path> shards = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(
                folder,
                file -> name(file).endsWith(ENDING) && !name(file).startsWith(".") && Files.isRegularFile(file))) {
            files.forEach(shards::add);
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        shards.sort(null);
        return shards;
    }

    private static String name(Path file) {
        return String.valueOf(file.getFileName());
    }

    @Override
    public DataSplit open(DataOptions options) throws IOException {
        if (shards.size() > 1 && shards.containsKey(DataOptions.ALL)) {
            throw new DatasetException("the shards in " + data + " are of " + String.join(", ", shards.keySet())
                    + "; either all belong to a split by their names, or none");
        }
        Path folder = Files.isDirectory(data) ? data : data.toAbsolutePath().resolveSibling("");
        boolean isNamed = Files.isRegularFile(folder.resolve(LABELS));
        List<String> labels = isNamed ? LabelFile.read(folder.resolve(LABELS)).names() : options.labels();
        Map<String, ShardDataset> read = new TreeMap<>();
        for (Map.Entry<String, List<Path>> split : shards.entrySet()) {
            read.put(
                    split.getKey(),
                    ShardDataset.read(split.getValue(), labels, options.decoder(), ArchiveLimits.defaults()));
        }
        List<String> names = labels.isEmpty() ? DataSplit.numbers(data, List.copyOf(read.values())) : labels;
        read.replaceAll((split, images) -> images.withLabels(names));
        ShardDataset all = read.get(DataOptions.ALL);
        return all != null
                ? DataSplit.ofAll(data, all, "shards of no split", options, !isNamed)
                : DataSplit.ofParts(data, new Splits(read), options, !isNamed);
    }

    /** Shards that were read, which number their classes alike. */
    private record Splits(Map<String, ShardDataset> shards) implements DataSplit.Parts {
        @Override
        public List<String> names() {
            return List.copyOf(shards.keySet());
        }

        @Override
        public ShardDataset read(String name) {
            return Objects.requireNonNull(shards.get(name), name);
        }

        @Override
        public ShardDataset validation(String name, String train, List<String> labels) {
            return read(name);
        }
    }
}
