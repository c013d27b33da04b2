package dev.kinglet.data;

import dev.kinglet.base.AtomicFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Class names in a text file: one a line, in the order of their indices, UTF-8. */
public final class LabelFile {
    private static final int MAX_LABELS = 1 << 20;

    private LabelFile() {}

    /**
     * Reads the names. A name may occur twice, as in ImageNet's list.
     *
     * @throws DatasetException if it cannot be read, has an empty line, or fewer than two names
     */
    public static List<String> read(Path file) throws IOException {
        List<String> labels = new ArrayList<>();
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.isBlank() || labels.size() == MAX_LABELS) {
                    throw new DatasetException(file + ", line " + (labels.size() + 1) + ": "
                            + (line.isBlank() ? "is empty; the name of a class is expected" : "too many names"));
                }
                labels.add(line.strip());
            }
        } catch (CharacterCodingException e) {
            throw new DatasetException(file + ", after line " + labels.size() + ": is not text in UTF-8", e);
        } catch (FileSystemException e) {
            throw new DatasetException("could not read the class names " + file + ": " + e, e);
        }
        if (labels.size() < 2) {
            throw new DatasetException(
                    file + " has " + labels.size() + " names, and a classifier at least two classes");
        }
        return List.copyOf(labels);
    }

    /** Writes the names, so that {@link #read} gives them back; whole or not at all. */
    public static void write(Path file, List<String> labels) throws IOException {
        AtomicFile.write(file, out -> out.write((String.join("\n", labels) + "\n").getBytes(StandardCharsets.UTF_8)));
    }
}
