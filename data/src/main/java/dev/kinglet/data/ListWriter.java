package dev.kinglet.data;

import dev.kinglet.base.AtomicFile;
import dev.kinglet.base.LabelFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Writes the split of a data source as {@link ListFiles}. */
public final class ListWriter {
    private ListWriter() {}

    /**
     * Writes a data source's split as list files: {@code train_list.txt}, {@code val_list.txt} and {@code labels.txt}.
     * Opened with them as lists and labels, the same data folder has the same split.
     *
     * @param folder of the lists; made if it is missing
     * @return the lists
     * @throws IllegalArgumentException if one of the files is there already, or the images are not files
     */
    public static ListFiles write(DataSource source, Path folder) throws IOException {
        ListFiles lists = new ListFiles(
                Optional.of(folder.resolve("train_list.txt")), Optional.of(folder.resolve("val_list.txt")));
        Path train = lists.train().orElseThrow();
        Path validation = lists.validation().orElseThrow();
        Path labels = folder.resolve(ShardLayout.LABELS);
        for (Path file : List.of(train, validation, labels)) {
            if (Files.exists(file)) {
                throw new IllegalArgumentException(file + " is there already; remove it, or write to another folder");
            }
        }
        if (!Files.exists(source.data().resolve(source.train().name(0)))) {
            throw new IllegalArgumentException("the images of " + source.data()
                    + " are not files of their own, which a list could name; a folder of classes is expected");
        }
        write(source.train(), train);
        write(source.validation(), validation);
        LabelFile.write(labels, source.labels());
        return lists;
    }

    private static void write(Dataset images, Path list) throws IOException {
        StringBuilder lines = new StringBuilder();
        for (int index = 0; index < images.size(); index++) {
            String name = images.name(index);
            if (name.isBlank() || name.lines().count() != 1) {
                throw new DatasetException("a list has one line per image, and the name '" + name + "' takes several");
            }
            lines.append(name).append(' ').append(images.label(index)).append('\n');
        }
        AtomicFile.write(list, out -> out.write(lines.toString().getBytes(StandardCharsets.UTF_8)));
    }
}
