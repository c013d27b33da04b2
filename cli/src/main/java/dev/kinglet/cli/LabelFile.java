package dev.kinglet.cli;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A text file with the name of a class on each line, the first class first. */
final class LabelFile {
    private static final long MAX_BYTES = 16 << 20;
    private static final String BYTE_ORDER_MARK = "\ufeff";

    private LabelFile() {}

    /**
     * The names without blanks around them; the same one may come twice, as ImageNet's do.
     *
     * @throws IOException if it is not there, not UTF-8 or far too long, or if a line is empty, which would give every
     *     class after it another's name
     */
    static List<String> read(Path file) throws IOException {
        if (Files.size(file) > MAX_BYTES) {
            throw new IOException(file + " has " + Files.size(file) + " bytes, too many for names of classes");
        }
        List<String> names;
        try {
            names = Files.readString(file)
                    .replaceFirst("^" + BYTE_ORDER_MARK, "")
                    .stripTrailing()
                    .lines()
                    .map(String::strip)
                    .toList();
        } catch (CharacterCodingException e) {
            throw new IOException(file + " is not UTF-8; expected a text file with a class's name on each line", e);
        }
        if (names.isEmpty() || names.contains("")) {
            throw new IOException(file + ": line " + (names.indexOf("") < 0 ? 1 : names.indexOf("") + 1)
                    + " is empty; expected the name of a class");
        }
        return names;
    }
}
