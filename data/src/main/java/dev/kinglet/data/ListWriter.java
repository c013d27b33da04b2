package dev.kinglet.data;

import dev.kinglet.base.AtomicFile;
import dev.kinglet.base.LabelFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/** Writes the split of a data source as {@link ListFiles}. */
public final class ListWriter {
    private static final String TRAIN = "train_list.txt";
    private static final String VALIDATION = "val_list.txt";

    private ListWriter() {}

    /**
     * What a line says of an image beside its label.
     *
     * @param image its index in its part of the split
     * @param text of one line
     */
    public record Comment(int image, String text) {}

    /**
     * Writes a data source's split as list files: {@code train_list.txt}, {@code val_list.txt} and {@code labels.txt}.
     * Opened with them as lists and labels, the same data folder has the same split.
     *
     * @param folder of the lists; made if it is missing
     * @return the lists
     * @throws IllegalArgumentException if one of the files is there already, or the images are not files
     */
    public static ListFiles write(DataSource source, Path folder) throws IOException {
        source.train(); // both parts are needed
        source.validation();
        return write(source, folder, List.of(), List.of());
    }

    /**
     * The same, with the images of the comments first and in their order. Of a part that the split does not have no list is
     * written.
     *
     * @param train comments of training images
     * @param validation comments of validation images
     */
    public static ListFiles write(DataSource source, Path folder, List<Comment> train, List<Comment> validation)
            throws IOException {
        requireFree(folder);
        ListFiles lists = new ListFiles(
                source.hasTrain() ? Optional.of(folder.resolve(TRAIN)) : Optional.empty(),
                source.hasValidation() ? Optional.of(folder.resolve(VALIDATION)) : Optional.empty());
        String first = (source.hasTrain() ? source.train() : source.validation()).name(0);
        if (!Files.exists(source.data().resolve(first))) {
            throw new IllegalArgumentException("the images of " + source.data()
                    + " are not files of their own, which a list could name; a folder of classes is expected");
        }
        if (lists.train().isPresent()) {
            write(source.train(), lists.train().get(), train);
        }
        if (lists.validation().isPresent()) {
            write(source.validation(), lists.validation().get(), validation);
        }
        LabelFile.write(folder.resolve(ShardLayout.LABELS), source.labels());
        return lists;
    }

    /**
     * Checks that there are no lists in a folder yet.
     *
     * @throws IllegalArgumentException if one is there
     */
    public static void requireFree(Path folder) {
        for (String name : List.of(TRAIN, VALIDATION, ShardLayout.LABELS)) {
            Path file = folder.resolve(name);
            if (Files.exists(file)) {
                throw new IllegalArgumentException(file + " is there already; remove it, or write to another folder");
            }
        }
    }

    private static void write(Dataset images, Path list, List<Comment> comments) throws IOException {
        StringBuilder lines = new StringBuilder();
        BitSet written = new BitSet();
        for (Comment comment : comments) {
            line(lines, images, comment.image())
                    .append("\t# ")
                    .append(comment.text())
                    .append('\n');
            written.set(comment.image());
        }
        for (int index = written.nextClearBit(0); index < images.size(); index = written.nextClearBit(index + 1)) {
            line(lines, images, index).append('\n');
        }
        AtomicFile.write(list, out -> out.write(lines.toString().getBytes(StandardCharsets.UTF_8)));
    }

    private static StringBuilder line(StringBuilder lines, Dataset images, int index) throws DatasetException {
        String name = images.name(index);
        if (name.isBlank() || name.lines().count() != 1) {
            throw new DatasetException("a list has one line per image, and the name '" + name + "' takes several");
        }
        return lines.append(name).append(' ').append(images.label(index));
    }
}
