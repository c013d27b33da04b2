package dev.kinglet.base;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Names of files: their endings, and those that Java cannot express as text. On Linux a name is bytes, which Java decodes in the locale's character
 * set; where they are not text in it, a listed file has a name that leads to no file.
 */
public final class FileNames {
    /** Stands in a decoded name for bytes that are no text. */
    public static final char UNKNOWN = '\ufffd';

    private FileNames() {}

    /** Whether a name ends so, in capitals or not: {@code X.ONNX} has the ending {@code .onnx}. */
    public static boolean hasEnding(Path path, String ending) {
        return path.toString().toLowerCase(Locale.ROOT).endsWith(ending);
    }

    /**
     * Requires a path not to be a folder's. Where Java reads one as a file, the exception names neither.
     *
     * @throws FileSystemException if it is one; the message names it
     */
    public static void requireNoFolder(Path path) throws FileSystemException {
        if (Files.isDirectory(path)) {
            throw new FileSystemException(path.toString(), null, "it is a folder, and a file is expected");
        }
    }

    /** Whether the path's text leads to the path's file. */
    public static boolean isText(Path path) {
        String text = path.toString();
        if (text.indexOf(UNKNOWN) < 0) {
            return true;
        }
        try {
            return path.getFileSystem().getPath(text).equals(path);
        } catch (InvalidPathException e) {
            return false;
        }
    }

    /**
     * Requires a listed file to be one that its name leads to.
     *
     * @throws IOException if it is not; the message names the file and the remedy
     */
    public static void requireText(Path path) throws IOException {
        if (!isText(path)) {
            throw new IOException(advice(path.toString()));
        }
    }

    /** What is wrong with a name that is not text, and the remedy: another locale where that is the reason, or another name. */
    public static String advice(String path) {
        return isUnicode()
                ? path
                        + ": a name that is not UTF-8; rename it (convmv -r --notest -f latin1 -t utf8 FOLDER renames all in a folder)"
                : path + ": a name beyond ASCII, and this locale has file names in " + encoding()
                        + "; set LC_ALL=C.UTF-8 and try again";
    }

    /** Whether the locale lets Java name every file. */
    public static boolean isUnicode() {
        return encoding().toUpperCase(Locale.ROOT).startsWith("UTF");
    }

    private static String encoding() {
        return System.getProperty("sun.jnu.encoding", "UTF-8");
    }
}
