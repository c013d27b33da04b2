package dev.kinglet.data;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Files that list images, one {@code path label} per line, instead of folders of classes. The path ends at the last
 * blank before the label and is relative to the data folder; the label is the index of a class, from 0. A tab and {@code # }
 * begin a comment, which ends with the line.
 *
 * @param train list of the images to train on
 * @param validation list of the images to validate with
 */
public record ListFiles(Optional<Path> train, Optional<Path> validation) {
    /** No lists: folders are the classes. */
    public static ListFiles none() {
        return new ListFiles(Optional.empty(), Optional.empty());
    }

    /** Whether there is a list; one of the two is enough. */
    public boolean areGiven() {
        return train.isPresent() || validation.isPresent();
    }
}
