package dev.kinglet.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * {@code data/train/<class>/*} and {@code data/val/<class>/*}: a folder for each split, by any name of {@link SplitName}.
 * A class may be missing from the validation split.
 */
record SplitFolderLayout(Path data, List<Path> folders) implements Layout {
    /** Whether one of the folders is a split's, and holds folders; one that holds images is a class of that name. */
    static boolean isOf(List<Path> folders) throws IOException {
        for (Path folder : folders) {
            if (SplitName.of(name(folder)).isPresent()
                    && !ImageFolder.folders(folder).isEmpty()) {
                return true;
            }
        }
        return false;
    }

    @Override
    public DataSplit open(DataOptions options) throws IOException {
        Scans scans = new Scans(options);
        DataSplit split = DataSplit.ofParts(data, scans, options, false);
        return split.withScanned(scans.read.stream()
                .map(ImageFolder::scanned)
                .reduce(ImageFolder.Scanned.none(), ImageFolder.Scanned::and));
    }

    private static String name(Path folder) {
        return String.valueOf(folder.getFileName());
    }

    /** Scans the folders that a split needs, and keeps what it scanned. */
    private final class Scans implements DataSplit.Parts {
        private final DataOptions options;
        private final List<ImageFolder> read = new ArrayList<>();

        Scans(DataOptions options) {
            this.options = options;
        }

        @Override
        public List<String> names() {
            return folders.stream().map(SplitFolderLayout::name).toList();
        }

        @Override
        public ImageFolder read(String name) throws IOException {
            return kept(ImageFolder.scan(data, data.resolve(name), options.decoder()));
        }

        @Override
        public ImageFolder validation(String name, String train, List<String> labels) throws IOException {
            Path folder = data.resolve(name);
            List<String> classes = ImageFolder.folders(folder).stream()
                    .map(SplitFolderLayout::name)
                    .toList();
            if (!labels.containsAll(classes)) {
                throw new DatasetException(train + " and " + name + " in " + data
                        + " do not have the same classes: only in " + train + ": " + without(labels, classes)
                        + "; only in " + name + ": " + without(classes, labels));
            }
            return kept(ImageFolder.scan(data, folder, labels, options.decoder()));
        }

        private ImageFolder kept(ImageFolder images) {
            read.add(images);
            return images;
        }
    }

    private static String without(List<String> names, List<String> others) {
        Set<String> left = new TreeSet<>(names);
        left.removeAll(Set.copyOf(others));
        return left.isEmpty() ? "none" : DataSource.some(left);
    }
}
