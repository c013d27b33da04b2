package dev.kinglet.base;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Problems with files in words. The JDK's exceptions say little but a file's name, and their own text begins with the name
 * of a class.
 */
public final class FileProblem {
    private static final Pattern CLASS_NAME = Pattern.compile("\\b(?:[a-z]\\w*\\.)+[A-Z]\\w*(?:Exception|Error)(?:: |\\b)");

    private FileProblem() {}

    /** The file and what is wrong with it: {@code photos/a.jpg: there is no such file or folder}. */
    public static String describe(IOException e) {
        String message = plain(e.getMessage());
        if (e instanceof FileSystemException system) {
            return system.getFile() + ": " + reason(system);
        }
        if (e instanceof FileNotFoundException) {
            return message + ": there is no such file or folder";
        }
        if (e.getCause() instanceof FileSystemException cause && cause.getReason() == null) {
            return message + (message.endsWith(reason(cause)) ? "" : ": " + reason(cause));
        }
        return message;
    }

    /** What is wrong, without the file's name: the end of a sentence that names it. */
    public static String reason(IOException e) {
        if (e instanceof NoSuchFileException || e instanceof FileNotFoundException) {
            return "there is no such file or folder";
        }
        if (e instanceof AccessDeniedException) {
            return "access denied; check the permissions of the file and its folder";
        }
        if (e instanceof FileAlreadyExistsException) {
            return "there is such a file already; name another";
        }
        if (e instanceof NotDirectoryException) {
            return "is not a folder";
        }
        if (e instanceof DirectoryNotEmptyException) {
            return "is a folder that is not empty";
        }
        if (e instanceof FileSystemLoopException) {
            return "is a link to a folder around it";
        }
        if (e instanceof FileSystemException system) {
            return system.getReason() == null ? "cannot be used" : lowerCase(system.getReason());
        }
        return lowerCase(plain(e.getMessage()));
    }

    /** A message without names of Java's classes, which a cause leaves in it. */
    public static String plain(@Nullable String message) {
        String text = message == null ? "" : CLASS_NAME.matcher(message).replaceAll("").strip();
        return text.isEmpty() ? "cannot be used" : text;
    }

    /** As the system says it, but in the middle of a sentence: {@code is a directory}. */
    private static String lowerCase(String reason) {
        boolean word = reason.length() > 1 && Character.isLowerCase(reason.charAt(1));
        return word ? reason.substring(0, 1).toLowerCase(Locale.ROOT) + reason.substring(1) : reason;
    }
}
