package dev.kinglet.base;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Class names in a text file: one per line, in the order of their indices, UTF-8 with or without a byte order mark.
 *
 * @param names of the classes by index, without blanks around them; two may be the same, as in ImageNet's list
 * @param isIndexed whether each line had its index before the name ({@code 0 tench}), as PaddleClas writes them; it is no
 *     part of the name
 */
public record LabelFile(List<String> names, boolean isIndexed) {
    private static final long MAX_BYTES = 16 << 20;
    private static final String BYTE_ORDER_MARK = "\ufeff";

    public LabelFile {
        names = List.copyOf(names);
    }

    /**
     * Reads a file. Blank lines at its end do not count.
     *
     * @throws IOException if it cannot be read, is not UTF-8 or far too long, has fewer than two names, or an empty line
     *     between them, which would give every class after it another's name
     */
    public static LabelFile read(Path file) throws IOException {
        List<String> lines;
        try {
            FileNames.requireNoFolder(file);
            if (Files.size(file) > MAX_BYTES) {
                throw new IOException(file + " has " + Files.size(file) + " bytes, too many for names of classes");
            }
            lines = Files.readString(file)
                    .replaceFirst("^" + BYTE_ORDER_MARK, "")
                    .stripTrailing()
                    .lines()
                    .map(String::strip)
                    .toList();
        } catch (CharacterCodingException e) {
            throw new IOException(file + " is not text in UTF-8; the name of one class per line is expected", e);
        } catch (FileSystemException e) {
            throw new IOException("could not read the class names " + file + ": " + IoReason.of(e), e);
        }
        int empty = lines.indexOf("");
        if (empty >= 0) {
            throw new IOException(file + ", line " + (empty + 1) + ": is empty; the name of a class is expected");
        }
        if (lines.size() < 2) {
            throw new IOException(
                    file + " has " + Plural.of(lines.size(), "name") + ", and a classifier has at least two classes");
        }
        List<String> names = withoutIndices(lines);
        return names.isEmpty() ? new LabelFile(lines, false) : new LabelFile(names, true);
    }

    /** The names after their indices; none if one line does not begin with its own. */
    private static List<String> withoutIndices(List<String> lines) {
        List<String> names = new ArrayList<>();
        for (int index = 0; index < lines.size(); index++) {
            String[] parts = lines.get(index).split("[ \t]+", 2);
            if (parts.length < 2 || !parts[0].equals(Integer.toString(index))) {
                return List.of();
            }
            names.add(parts[1]);
        }
        return names;
    }

    /** A sentence on how the names were read from a file, where that may surprise. */
    public Optional<String> remark(Path file) {
        return isIndexed
                ? Optional.of("each line of " + file + " begins with its index, which is no part of the name: '"
                        + names.get(0) + "', '" + names.get(1) + "', ...")
                : Optional.empty();
    }

    /**
     * Writes the names, so that {@link #read} gives them back; whole or not at all. Names that look as if they had an
     * index before them get one.
     */
    public static void write(Path file, List<String> names) throws IOException {
        boolean looksIndexed = !withoutIndices(names).isEmpty();
        StringBuilder lines = new StringBuilder();
        for (int index = 0; index < names.size(); index++) {
            lines.append(looksIndexed ? index + " " : "")
                    .append(names.get(index))
                    .append('\n');
        }
        AtomicFile.write(file, out -> out.write(lines.toString().getBytes(StandardCharsets.UTF_8)));
    }
}
