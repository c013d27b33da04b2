package dev.kinglet.spark;

import dev.kinglet.base.IoReason;
import dev.kinglet.image.ImageException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.HashMap;
import org.apache.hadoop.security.AccessControlException;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;

/** Encoded images of the rows of a table: in a column, or in files whose paths are in a column. */
final class ImageReader {
    private static final int ATTEMPTS = 3;
    private static final int MAX_FAILURES = 20; // in a row: then it is the storage, not the file

    private final int path; // columns
    private final int content;
    private final int error;
    private final int maxBytes;
    private final HashMap<String, String> settings;
    private @Nullable HadoopFiles files;
    private int failures;

    /**
     * @param path index of the column of paths; -1 if there is none
     * @param content likewise of encoded images
     * @param error likewise of reasons why there is no content
     */
    ImageReader(int path, int content, int error, int maxBytes, HashMap<String, String> settings) {
        this.path = path;
        this.content = content;
        this.error = error;
        this.maxBytes = maxBytes;
        this.settings = settings;
    }

    /** The image's name in messages; empty if it has none. */
    String name(Row row) {
        return path < 0 || row.isNullAt(path) ? "" : row.getString(path);
    }

    /**
     * The image's bytes.
     *
     * @throws ImageException if this image has none
     * @throws IOException if the storage seems to be out of reach
     */
    byte[] encoded(Row row) throws IOException {
        if (content >= 0) {
            if (!row.isNullAt(content)) {
                return row.getAs(content);
            }
            String reason = error < 0 || row.isNullAt(error) ? "there is no content" : row.getString(error);
            throw new ImageException(named(name(row), reason));
        }
        if (row.isNullAt(path)) {
            throw new ImageException("there is no path");
        }
        return file(row.getString(path));
    }

    private byte[] file(String file) throws IOException {
        if (files == null) {
            files = new HadoopFiles(settings);
        }
        for (int attempt = 1; ; attempt++) {
            try (InputStream in = files.open(file)) {
                byte[] bytes = in.readNBytes(maxBytes + 1);
                failures = 0;
                return bytes;
            } catch (FileNotFoundException
                    | NoSuchFileException
                    | AccessControlException
                    | AccessDeniedException e) { // the storage answers
                failures = 0;
                String reason = e instanceof AccessControlException ? "access denied" : IoReason.of(e);
                throw new ImageException("could not read " + file + ": " + reason, e);
            } catch (IOException e) {
                if (attempt == ATTEMPTS) {
                    failures++;
                    String message = "could not read " + file + ": " + IoReason.of(e);
                    if (failures == MAX_FAILURES) {
                        throw new IOException(message + "; nor the " + (MAX_FAILURES - 1) + " files before it", e);
                    }
                    throw new ImageException(message, e);
                }
            }
        }
    }

    private static String named(String name, String reason) {
        return name.isEmpty() || reason.startsWith(name) ? reason : name + ": " + reason;
    }
}
