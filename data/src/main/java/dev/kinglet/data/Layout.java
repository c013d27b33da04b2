package dev.kinglet.data;

import dev.kinglet.base.FileNames;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** How labeled images lie on a disk; {@link DataSource} says which layouts there are. */
sealed interface Layout permits ClassFolderLayout, SplitFolderLayout, ListLayout, CifarLayout, ShardLayout {
    /**
     * Splits the images as the options say, or else as the layout does. None is decoded.
     *
     * @throws IllegalArgumentException if the options ask for what the layout does not have
     * @throws IOException if the data is empty, damaged or at odds with itself
     */
    DataSplit open(DataOptions options) throws IOException;

    /**
     * The layout of a folder or file.
     *
     * @throws DatasetException if there is none
     */
    static Layout of(Path data, DataOptions options) throws IOException {
        if (Files.isRegularFile(data)) {
            return ofFile(data, options);
        }
        if (!Files.isDirectory(data)) {
            throw new DatasetException(
                    data.toString().indexOf(FileNames.UNKNOWN) >= 0 && !FileNames.isUnicode()
                            ? FileNames.advice(data.toString())
                            : "there is no folder " + data + nearest(data));
        }
        if (options.lists().areGiven()) {
            return new ListLayout(data);
        }
        Optional<CifarLayout> cifar = CifarLayout.inFolder(data);
        if (cifar.isPresent()) {
            return cifar.get();
        }
        List<Path> folders = ImageFolder.folders(data);
        if (SplitFolderLayout.isOf(folders)) {
            return new SplitFolderLayout(data, folders);
        }
        Map<String, List<Path>> shards = ShardLayout.in(data, folders);
        boolean hasClasses = folders.stream()
                .anyMatch(folder ->
                        SplitName.of(String.valueOf(folder.getFileName())).isEmpty());
        return shards.isEmpty() || hasClasses ? new ClassFolderLayout(data) : new ShardLayout(data, shards);
    }

    private static Layout ofFile(Path data, DataOptions options) throws IOException {
        if (options.lists().areGiven()) {
            throw new IllegalArgumentException(
                    data + " is a file; the folder that the lists' paths are relative to is expected");
        }
        String name = data.toString().toLowerCase(Locale.ROOT);
        if (name.endsWith(".tar")) {
            return new ShardLayout(data, Map.of(DataOptions.ALL, List.of(data)));
        }
        if (name.endsWith(".tar.gz") || name.endsWith(".tgz")) {
            return CifarLayout.inArchive(data);
        }
        throw new DatasetException(
                data + " is a file; a folder of images, an archive of CIFAR (.tar.gz) or a shard (.tar) is expected");
    }

    private static String nearest(Path missing) {
        Path parent = missing.toAbsolutePath().normalize().getParent();
        while (parent != null && !Files.isDirectory(parent)) {
            parent = parent.getParent();
        }
        return parent == null ? "" : "; the nearest that exists is " + parent;
    }
}
