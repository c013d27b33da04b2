package dev.kinglet.data;

import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageFormats;
import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * A folder with a folder of images for each class. Classes and images are in the order of their names; a name that
 * begins with a dot is hidden and left alone, as is a file that is not named as an image.
 */
final class ImageFolder extends ImageFiles implements SplittableDataset {
    private ImageFolder(Path data, ImageDecoder decoder, List<String> labels, List<Listed> images) {
        super(data, decoder, labels, images);
    }

    /**
     * Lists the images.
     *
     * @param data what their names are relative to
     * @param folder with the folders of the classes: {@code data} or one inside it
     * @throws DatasetException if there are fewer than two classes, or one without images
     */
    static ImageFolder scan(Path data, Path folder, ImageDecoder decoder) throws IOException {
        List<Path> classes = folders(folder);
        if (classes.isEmpty()) {
            int loose = images(data, folder, 0).size();
            throw new DatasetException(folder + " has no folders of classes"
                    + (loose == 0 ? "" : ", only " + loose + " images of its own")
                    + "; a folder for each class is expected in it");
        }
        if (classes.size() == 1) {
            throw new DatasetException("a classifier needs at least two classes, and " + folder + " has only '"
                    + name(classes.get(0)) + "'");
        }
        List<Listed> images = new ArrayList<>();
        List<String> labels = new ArrayList<>();
        for (Path each : classes) {
            List<Listed> found = images(data, each, labels.size());
            if (found.isEmpty()) {
                throw new DatasetException("the class folder " + each + " has no images ("
                        + String.join(", ", ImageFormats.endings()) + "); add some or remove it");
            }
            images.addAll(found);
            labels.add(name(each));
        }
        return new ImageFolder(data, decoder, labels, images);
    }

    /** Folders inside a folder by name, without hidden ones. */
    static List<Path> folders(Path folder) throws IOException {
        List<Path> folders = new ArrayList<>();
        try (DirectoryStream<Path> entries =
                Files.newDirectoryStream(folder, entry -> !isHidden(entry) && Files.isDirectory(entry))) {
            entries.forEach(folders::add);
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        folders.sort(Comparator.comparing(ImageFolder::name));
        return folders;
    }

    private static List<Listed> images(Path data, Path folder, int label) throws IOException {
        List<Listed> images = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, ImageFolder::isNamedAsImage)) {
            for (Path file : files) {
                if (!Files.isDirectory(file)) {
                    String name = data.relativize(file).toString().replace(File.separatorChar, '/');
                    // a link to nothing is an image that cannot be read, and is named when it is
                    images.add(new Listed(name, label, Files.exists(file) ? Files.size(file) : 0));
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        images.sort(Comparator.comparing(Listed::name));
        return images;
    }

    private static boolean isNamedAsImage(Path file) {
        return ImageFormats.isImageName(file) && !isHidden(file);
    }

    private static boolean isHidden(Path file) {
        return name(file).startsWith(".");
    }

    private static String name(Path path) {
        Path name = path.getFileName();
        return name == null ? path.toString() : name.toString();
    }

    @Override
    public ImageFolder where(IntPredicate position) {
        int[] positions = new int[labels().size()];
        List<Listed> kept = images().stream()
                .filter(p -> position.test(positions[p.label()]++))
                .toList();
        return new ImageFolder(data(), decoder(), labels(), kept);
    }
}
