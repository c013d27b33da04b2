package dev.kinglet.cli;

import dev.kinglet.image.ImageFormats;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Image files of a folder that need no labels. */
final class FolderImages {
    private FolderImages() {}

    /**
     * All image files in a folder and below it, sorted by path.
     *
     * @throws IllegalArgumentException if there are none
     */
    static List<Path> under(Path folder) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            files = all.filter(file -> ImageFormats.isImageName(file) && Files.isRegularFile(file))
                    .sorted()
                    .toList();
        }
        if (files.isEmpty()) {
            throw new IllegalArgumentException("there is no image in " + folder + " or below it");
        }
        return files;
    }
}
