package dev.kinglet.toolkit;

import dev.kinglet.train.run.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Runs by what they are called. */
public final class Runs {
    /** The name of the newest run of a folder. */
    public static final String LATEST = "latest";

    private static final Path DEFAULT_FOLDER = Path.of("runs");

    private Runs() {}

    /**
     * The newest run for {@code latest} (of {@code runs} in the current folder) and {@code FOLDER/latest}, where there is no
     * file of that name; any other path as it is.
     *
     * @throws IllegalArgumentException if there is no run
     * @throws IOException if the folder cannot be read
     */
    public static Path resolve(Path path) throws IOException {
        Path name = path.getFileName();
        if (name == null || !name.toString().equals(LATEST) || Files.exists(path)) {
            return path;
        }
        Path folder = path.getParent();
        return RunFolder.newest(folder == null ? DEFAULT_FOLDER : folder).folder();
    }
}
