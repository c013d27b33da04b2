package dev.kinglet.base;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Locale;
import java.util.regex.Pattern;

/** Plain words for an {@link IOException}: many of the JDK's say only a path, or nothing beside the name of their class. */
public final class IoReason {
    private static final Pattern CLASS_NAME =
            Pattern.compile("\\bjavax?\\.(?:[a-z]\\w*\\.)+[A-Z]\\w*(?:Exception|Error)(?:: |\\b)");

    private IoReason() {}

    /** What went wrong, without the path; such as {@code there is no such file or folder}. */
    public static String of(IOException e) {
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
            return "it is not a folder";
        }
        if (e instanceof FileSystemLoopException) {
            return "a link in it leads back to a folder around it";
        }
        if (e instanceof FileSystemException system) {
            return system.getReason() == null ? inWords(e) : system.getReason();
        }
        if (e instanceof CharacterCodingException) {
            return "it is not text in UTF-8";
        }
        return e.getMessage() == null || e.getMessage().isBlank() ? inWords(e) : e.getMessage();
    }

    /**
     * The file and what went wrong with it: {@code photos/a.jpg: there is no such file or folder}. What a message says of
     * its cause already is not said again, neither the file nor the reason.
     */
    public static String describe(IOException e) {
        if (e instanceof FileSystemException system) {
            return system.getFile() + ": " + of(e);
        }
        String message = plain(e.getMessage() == null ? of(e) : e.getMessage());
        if (e instanceof FileNotFoundException) {
            return message + ": " + of(e);
        }
        return e.getCause() instanceof FileSystemException cause && cause.getReason() == null
                ? withReason(message, String.valueOf(cause.getFile()), of(cause))
                : message;
    }

    private static String withReason(String message, String file, String reason) {
        String said = message;
        if (said.endsWith(": " + file) && (" " + said).contains(" " + file + ": ")) { // named twice
            said = said.substring(0, said.length() - file.length() - 2);
        }
        String last = said.substring(said.lastIndexOf(": ") + 1).strip();
        return said.endsWith(reason) || reason.startsWith(last) ? said : said + ": " + reason;
    }

    /** A message without the names of Java's classes, which a cause leaves in it. */
    static String plain(String message) {
        String text = CLASS_NAME.matcher(message).replaceAll("").strip();
        return text.isEmpty() ? "it cannot be used" : text;
    }

    /** {@code closed channel} of a {@code ClosedChannelException}. */
    private static String inWords(IOException e) {
        return e.getClass()
                .getSimpleName()
                .replaceFirst("Exception$", "")
                .replaceAll("(?<=[a-z])(?=[A-Z])", " ")
                .toLowerCase(Locale.ROOT);
    }
}
