package dev.kinglet.toolkit.embedding;

import dev.kinglet.base.AtomicFile;
import dev.kinglet.base.FileNames;
import dev.kinglet.infer.Embeddings;
import dev.kinglet.network.NdArray;
import dev.kinglet.weights.Npy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One row of features per image, with the image's name.
 *
 * @param names of the images, by row
 * @param positions of the images in the source they were read from, by row; images that could not be read are left out
 * @param features values in a row
 * @param values {@code [names.size(), features]}, row-major; not copied, and not to be changed
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record EmbeddingTable(List<String> names, List<Integer> positions, int features, float[] values) {
    /** @throws IllegalArgumentException if the lengths do not agree */
    public EmbeddingTable {
        names = List.copyOf(names);
        positions = List.copyOf(positions);
        if (features < 1
                || positions.size() != names.size()
                || values.length != Math.multiplyExact(names.size(), features)) {
            throw new IllegalArgumentException(names.size() + " names, " + positions.size() + " positions and "
                    + values.length + " values are no table of " + features + " features");
        }
    }

    /** Number of images. */
    public int size() {
        return names.size();
    }

    /** The features of one image; a copy. */
    public float[] row(int index) {
        return Arrays.copyOfRange(values, index * features, (index + 1) * features);
    }

    /** The same images with rows of length (L2 norm) one. */
    public EmbeddingTable normalized() {
        return new EmbeddingTable(names, positions, features, Embeddings.normalized(values, features));
    }

    /**
     * Writes the table, by the file's ending; each file whole or not at all.
     *
     * <ul>
     *   <li>{@code .npy}: float32 {@code [n, features]}, and beside it a file that ends in {@code .txt} with the names, one per
     *       line in the same order;
     *   <li>{@code .csv}: a line per image, its name and its features, below a line of titles.
     * </ul>
     *
     * @throws IllegalArgumentException if the ending is another, or a name has a line break, which {@code .txt} cannot keep
     * @throws IOException if a file cannot be written
     */
    public void write(Path file) throws IOException {
        requireEnding(file);
        if (FileNames.hasEnding(file, ".csv")) {
            AtomicFile.write(file, out -> {
                StringBuilder titles = new StringBuilder("file_name");
                for (int i = 0; i < features; i++) {
                    titles.append(",f").append(i);
                }
                out.write(titles.append('\n').toString().getBytes(StandardCharsets.UTF_8));
                for (int row = 0; row < size(); row++) {
                    StringBuilder line = new StringBuilder(cell(names.get(row)));
                    for (int i = row * features; i < (row + 1) * features; i++) {
                        line.append(',').append(values[i]);
                    }
                    out.write(line.append('\n').toString().getBytes(StandardCharsets.UTF_8));
                }
            });
            return;
        }
        for (String name : names) {
            if (name.matches("(?s).*\\R.*")) {
                throw new IllegalArgumentException(
                        "'" + name.replaceAll("\\R", "?")
                                + "' has a line break in its name, which the file of names cannot keep; write .csv, or rename it");
            }
        }
        AtomicFile.write(namesOf(file), out -> out.write(lines(names).getBytes(StandardCharsets.UTF_8)));
        Npy.write(file, new NdArray.Floats(List.of(size(), features), values));
    }

    /**
     * Whether {@link #write} knows the ending of a file.
     *
     * @throws IllegalArgumentException if not
     */
    public static void requireEnding(Path file) {
        if (!FileNames.hasEnding(file, ".npy") && !FileNames.hasEnding(file, ".csv")) {
            throw new IllegalArgumentException(
                    file + ": embeddings are written as .npy, with the paths in a .txt beside it," + " or as .csv");
        }
    }

    /**
     * Reads a {@code .npy} file and the names beside it, as {@link #write} leaves them.
     *
     * @throws IOException if one of the two is missing, or they do not belong together
     */
    public static EmbeddingTable read(Path file) throws IOException {
        NdArray array = Npy.read(file);
        if (!(array instanceof NdArray.Floats floats)
                || array.dims().size() != 2
                || array.dims().contains(0)) {
            throw new IOException(
                    file + ": embeddings are float32 [images, features], the file has " + Npy.describe(file));
        }
        Path list = namesOf(file);
        List<String> names = Files.readAllLines(list, StandardCharsets.UTF_8);
        int rows = array.dims().get(0);
        if (names.size() != rows) {
            throw new IOException(list + " names " + names.size() + " images, but " + file + " has " + rows + " rows");
        }
        List<Integer> positions = IntStream.range(0, rows).boxed().toList();
        return new EmbeddingTable(names, positions, array.dims().get(1), floats.values());
    }

    /** The file of names beside a {@code .npy} file. */
    public static Path namesOf(Path file) {
        String name = String.valueOf(file.getFileName());
        return file.resolveSibling(name.substring(0, name.length() - ".npy".length()) + ".txt");
    }

    private static String lines(List<String> names) {
        StringBuilder lines = new StringBuilder();
        names.forEach(name -> lines.append(name).append('\n'));
        return lines.toString();
    }

    /** A cell of the table, in quotes where it has a comma, a quote or a line break itself (RFC 4180). */
    private static String cell(String text) {
        return text.matches("(?s).*[\",\r\n].*") ? '"' + text.replace("\"", "\"\"") + '"' : text;
    }
}
