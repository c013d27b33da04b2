package dev.kinglet.base;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Kinds of file that people hand over by mistake, recognized by their first bytes: the pointer that git-lfs leaves in
 * place of a large file, the page a failed download saved, an archive or another framework's format.
 */
public final class ForeignFile {
    /** As many bytes of a file as are looked at. */
    public static final int START_BYTES = 512;

    private static final String LFS = "version https://git-lfs.github.com/spec/";
    private static final Pattern LFS_SIZE = Pattern.compile("\nsize (\\d{1,18})");
    private static final Pattern TITLE = Pattern.compile("(?is)<title[^>]*>\\s*([^<]{1,80})");

    private ForeignFile() {}

    /**
     * The kind of file and the remedy, a part of a sentence that follows "is": {@code a git-lfs pointer of 130 bytes, ...}.
     *
     * @param start the file's first bytes, {@link #START_BYTES} of them if it has as many
     * @return empty if it is none of these kinds
     */
    public static Optional<String> describe(byte[] start) {
        String text = new String(start, 0, Math.min(start.length, START_BYTES), StandardCharsets.ISO_8859_1);
        if (text.startsWith(LFS)) {
            return Optional.of(pointer(text));
        }
        String trimmed =
                text.replaceFirst("^\u00ef\u00bb\u00bf", "").stripLeading().toLowerCase(Locale.ROOT);
        if (trimmed.startsWith("<!doctype html") || trimmed.startsWith("<html") || trimmed.startsWith("<head")) {
            return Optional.of("a web page" + title(text)
                    + ", as a download leaves it that failed or needs a sign-in; download the file itself");
        }
        if (trimmed.startsWith("<?xml") || trimmed.startsWith("<error")) {
            return Optional.of("an XML document, as a download leaves it that was refused; download the file itself");
        }
        if (trimmed.matches("(?s)\\{\\s*\".*")) {
            return Optional.of("JSON text, as a server answers a download it refuses: '" + Printable.of(text.strip())
                    + "'; download the file itself");
        }
        return Optional.ofNullable(binary(text));
    }

    private static String pointer(String text) {
        Matcher size = LFS_SIZE.matcher(text);
        return "a git-lfs pointer, which stands for a file" + (size.find() ? " of " + size.group(1) + " bytes" : "")
                + " that was not downloaded; 'git lfs pull' in its repository fetches it";
    }

    private static String title(String text) {
        Matcher title = TITLE.matcher(text);
        return title.find() ? " ('" + Printable.of(title.group(1).strip()) + "')" : "";
    }

    private static @Nullable String binary(String start) {
        if (start.startsWith("\u001f\u008b")) {
            return "a gzip archive; unpack it first";
        }
        if (start.startsWith("7z\u00bc\u00af") || start.startsWith("Rar!")) {
            return "a 7z or RAR archive; unpack it first";
        }
        if (start.startsWith("ustar", 257)) {
            return "a tar archive; unpack it first";
        }
        return start.startsWith("\u0089HDF\r\n") ? "an HDF5 file, as Keras writes, which is not read" : null;
    }
}
