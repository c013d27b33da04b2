package dev.kinglet.data;

import dev.kinglet.base.FileNames;
import dev.kinglet.base.IoReason;
import dev.kinglet.image.ImageDecoder;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

/** Images that a text file lists with their classes; see {@link ListFiles}. In the order of the list. */
final class ImageList extends ImageFiles implements StoredDataset.Numbered {
    private static final String BYTE_ORDER_MARK = "\ufeff";
    private static final String COMMENT = "\t# ";
    private static final int MAX_CLASSES = 1 << 20; // where nothing else says how many; one output each

    private ImageList(Path data, ImageDecoder decoder, List<String> labels, List<Listed> images) {
        super(data, decoder, labels, images);
    }

    /**
     * Reads a list. Its images have to be there; they are not opened.
     *
     * @param data what their paths are relative to
     * @param labels class names by index; if empty, every index has a class, whose name is its number, until
     *     {@link #withLabels} says otherwise
     * @throws DatasetException if a line before the last is empty, or one has no label, one outside the classes, or an image that is not there;
     *     the message names file and line
     */
    static ImageList read(Path list, Path data, List<String> labels, ImageDecoder decoder) throws IOException {
        List<Listed> images = new ArrayList<>();
        FileNames.requireNoFolder(list);
        try (BufferedReader lines = Files.newBufferedReader(list)) {
            int number = 0;
            int blank = 0; // number of the first blank line; those at the end do not count
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                String text = (number == 1 ? line.replaceFirst("^" + BYTE_ORDER_MARK, "") : line).stripTrailing();
                if (text.isEmpty()) {
                    blank = blank == 0 ? number : blank;
                    continue;
                }
                if (blank > 0) {
                    throw new DatasetException(list + ", line " + blank + ": is empty; 'path label' is expected");
                }
                try {
                    images.add(image(withoutComment(text), data, labels.size()));
                } catch (DatasetException e) {
                    throw new DatasetException(list + ", line " + number + ": " + e.getMessage(), e);
                }
            }
        } catch (CharacterCodingException e) {
            throw new DatasetException(list + ", after line " + images.size() + ": is not text in UTF-8", e);
        } catch (FileSystemException e) {
            throw new DatasetException("could not read the list " + list + ": " + IoReason.of(e), e);
        }
        if (images.isEmpty()) {
            throw new DatasetException(list + " lists no images; lines of 'path label' are expected");
        }
        return new ImageList(data, decoder, labels, images);
    }

    private static String withoutComment(String text) {
        int begin = text.lastIndexOf(COMMENT);
        return begin < 0 ? text : text.substring(0, begin).stripTrailing();
    }

    private static Listed image(String text, Path data, int classes) throws DatasetException {
        int blank = Math.max(text.lastIndexOf(' '), text.lastIndexOf('\t'));
        String name = blank < 0 ? "" : text.substring(0, blank).stripTrailing();
        if (name.isEmpty()) {
            throw new DatasetException("has no blank between a path and a label: '" + shortened(text) + "'");
        }
        int label = label(text.substring(blank + 1), classes);
        try {
            // links are followed, as in folders
            BasicFileAttributes file = Files.readAttributes(data.resolve(name), BasicFileAttributes.class);
            if (file.isDirectory()) {
                throw new DatasetException(
                        "'" + shortened(name) + "' in " + data + " is a folder; an image is expected");
            }
            return new Listed(name, label, file.size());
        } catch (InvalidPathException | IOException e) {
            if (e instanceof DatasetException found) {
                throw found;
            }
            throw new DatasetException(
                    e instanceof InvalidPathException && !FileNames.isUnicode()
                            ? FileNames.advice(shortened(name))
                            : "there is no image '" + shortened(name) + "' in " + data,
                    e);
        }
    }

    private static int label(String text, int classes) throws DatasetException {
        int label;
        try {
            label = Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new DatasetException(
                    "the label is '" + shortened(text) + "'; the index of a class, from 0, is expected", e);
        }
        int most = classes == 0 ? MAX_CLASSES : classes;
        if (label < 0 || label >= most) {
            throw new DatasetException(
                    "the label " + label + " is outside the " + most + " classes, 0 to " + (most - 1));
        }
        return label;
    }

    private static String shortened(String text) {
        return text.length() <= 200 ? text : text.substring(0, 200) + "...";
    }

    @Override
    public int classes() {
        return 1 + images().stream().mapToInt(Listed::label).max().orElse(0);
    }

    @Override
    public ImageList withLabels(List<String> names) {
        return new ImageList(data(), decoder(), names, images());
    }
}
