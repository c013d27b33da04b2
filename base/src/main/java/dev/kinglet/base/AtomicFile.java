package dev.kinglet.base;

import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Writes a file whole or not at all: into a temporary file of the same folder, flushed to the disk, then renamed. A full
 * disk, a crash or a kill leaves the old file, or none, and never half of one.
 */
public final class AtomicFile {
    private static final Pattern TEMPORARY = Pattern.compile("\\.(.+)\\.\\d+\\.tmp"); // as createTempFile makes them

    private AtomicFile() {}

    /** The content to write. */
    @FunctionalInterface
    public interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    /**
     * Replaces {@code file} by what {@code content} writes; folders that are missing are made.
     *
     * @throws IOException if it cannot be written; the message names the file, and nothing is left behind
     */
    public static void write(Path file, Content content) throws IOException {
        Path folder = file.toAbsolutePath().normalize().getParent();
        if (folder == null) {
            throw new IOException(file + " is not the name of a file");
        }
        Path temporary = null;
        try {
            Files.createDirectories(folder);
            temporary = Files.createTempFile(folder, "." + file.getFileName() + ".", ".tmp");
            try (FileOutputStream raw = new FileOutputStream(temporary.toFile());
                    OutputStream out = new BufferedOutputStream(raw, 1 << 16)) {
                content.writeTo(out);
                out.flush();
                raw.getFD().sync();
            }
            makeReadable(temporary);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            temporary = null;
            syncFolder(folder);
        } catch (IOException e) {
            throw new IOException("could not write " + file + ": " + reason(e), e);
        } finally {
            if (temporary != null) {
                Files.deleteIfExists(temporary);
            }
        }
    }

    /** The reason; it names another file that is in the way, such as one in the place of a folder, but not the temporary. */
    private static String reason(IOException e) {
        return e instanceof FileSystemException system
                        && system.getFile() != null
                        && nameOfLeftover(Path.of(system.getFile())).isEmpty()
                ? IoReason.describe(e)
                : IoReason.of(e);
    }

    /** The name of the file that a temporary file was to become, if it is one that a kill has left behind. */
    public static Optional<String> nameOfLeftover(Path file) {
        Matcher matcher = TEMPORARY.matcher(String.valueOf(file.getFileName()));
        return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
    }

    /** A temporary file is its owner's alone; a result is everybody's who may read the folder. */
    private static void makeReadable(Path temporary) {
        if (!temporary.toFile().setReadable(true, false)) {
            throw new IllegalStateException("could not make " + temporary + " readable");
        }
    }

    private static void syncFolder(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            // Windows opens no folders, and its renames need no flush; the file itself is safe.
        }
    }
}
