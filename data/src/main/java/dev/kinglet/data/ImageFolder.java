package dev.kinglet.data;

import dev.kinglet.base.FileNames;
import dev.kinglet.base.Plural;
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
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A folder with a folder of images for each class, in the order of their names. Images in folders inside a class's folder
 * belong to that class and follow its direct ones, folder by folder in the order of their paths: the order of torchvision's
 * ImageFolder, {@code sorted(os.walk(...))}. Names that begin with a dot are hidden and ignored; other files that are not
 * named as images are left out and counted.
 */
final class ImageFolder extends ImageFiles implements StoredDataset.Splittable {
    /**
     * Files that a scan counted.
     *
     * @param leftOut in folders of classes
     * @param nested images in folders inside their class's folder
     * @param loose images beside the folders of classes, which are left out too
     */
    record Scanned(LeftOut leftOut, int nested, int loose) {
        static Scanned none() {
            return new Scanned(LeftOut.none(), 0, 0);
        }

        Scanned and(Scanned other) {
            return new Scanned(leftOut.and(other.leftOut), nested + other.nested, loose + other.loose);
        }
    }

    private final Scanned scanned;

    private ImageFolder(Path data, ImageDecoder decoder, List<String> labels, List<Listed> images, Scanned scanned) {
        super(data, decoder, labels, images);
        this.scanned = scanned;
    }

    /**
     * Lists the images of a folder, whose folders are the classes.
     *
     * @param data what their names are relative to
     * @param folder with the folders of the classes: {@code data} or one inside it
     * @throws DatasetException if there are fewer than two classes, or one without images
     */
    static ImageFolder scan(Path data, Path folder, ImageDecoder decoder) throws IOException {
        List<Path> classes = folders(folder);
        if (classes.isEmpty()) {
            int loose = loose(folder);
            throw new DatasetException(folder + " has no folders of classes"
                    + (loose == 0 ? "" : ", only " + Plural.of(loose, "image") + " of its own")
                    + "; a folder for each class is expected in it");
        }
        if (classes.size() == 1) {
            throw new DatasetException("a classifier needs at least two classes, and " + folder + " has only '"
                    + name(classes.get(0)) + "'");
        }
        Scan scan = new Scan(data);
        List<String> labels = new ArrayList<>();
        for (Path each : classes) {
            if (scan.add(each, labels.size()) == 0) {
                throw new DatasetException("the class folder " + each + " has no images ("
                        + String.join(", ", ImageFormats.endings()) + ")"
                        + Scan.insteadOfImages(scan.leftOutOfClass()) + "; add some or remove it");
            }
            labels.add(name(each));
        }
        return scan.images(labels, decoder, loose(folder));
    }

    /**
     * Lists the images of a folder for known classes; a class may have none.
     *
     * @param labels class names by index; every folder has one of them
     * @throws DatasetException if there is not one image
     */
    static ImageFolder scan(Path data, Path folder, List<String> labels, ImageDecoder decoder) throws IOException {
        Scan scan = new Scan(data);
        int images = 0;
        for (Path each : folders(folder)) {
            images += scan.add(each, labels.indexOf(name(each)));
        }
        if (images == 0) {
            throw new DatasetException("the folders of classes in " + folder + " have no images ("
                    + String.join(", ", ImageFormats.endings()) + ")" + Scan.insteadOfImages(scan.leftOut));
        }
        return scan.images(labels, decoder, loose(folder));
    }

    /**
     * Folders inside a folder by name, without hidden ones.
     *
     * @throws DatasetException if one has a name that is not text
     */
    static List<Path> folders(Path folder) throws IOException {
        List<Path> folders = new ArrayList<>(
                entries(folder).stream().filter(Files::isDirectory).toList());
        for (Path each : folders) {
            requireText(each);
        }
        folders.sort(Comparator.comparing(ImageFolder::name));
        return folders;
    }

    /** The entries of a folder that are not hidden, in no order. */
    private static List<Path> entries(Path folder) throws IOException {
        List<Path> entries = new ArrayList<>();
        try (DirectoryStream<Path> found =
                Files.newDirectoryStream(folder, entry -> !name(entry).startsWith("."))) {
            found.forEach(entries::add);
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return entries;
    }

    private static int loose(Path folder) throws IOException {
        return (int) entries(folder).stream()
                .filter(file -> ImageFormats.isImageName(name(file)) && !Files.isDirectory(file))
                .count();
    }

    private static void requireText(Path path) throws DatasetException {
        if (!FileNames.isText(path)) {
            throw new DatasetException(FileNames.advice(path.toString()));
        }
    }

    private static String name(Path path) {
        Path name = path.getFileName();
        return name == null ? path.toString() : name.toString();
    }

    /** Gathers the images of one class after another. */
    private static final class Scan {
        private final Path data;
        private final List<Listed> images = new ArrayList<>();
        private LeftOut leftOut = LeftOut.none();
        private Map<String, Integer> leftOutOfClass = new TreeMap<>();
        private int nested;

        Scan(Path data) {
            this.data = data;
        }

        /** Adds the images of a class, and says how many there are. */
        int add(Path folder, int label) throws IOException {
            int before = images.size();
            leftOutOfClass = new TreeMap<>();
            addFiles(folder, label);
            int own = images.size();
            List<Path> inner = new ArrayList<>();
            addInner(folder, Set.of(folder.toRealPath()), inner);
            inner.sort(Comparator.comparing(this::relative));
            for (Path each : inner) {
                addFiles(each, label);
            }
            nested += images.size() - own;
            leftOut = leftOut.and(new LeftOut(leftOutOfClass));
            return images.size() - before;
        }

        private void addFiles(Path folder, int label) throws IOException {
            List<Listed> files = new ArrayList<>();
            for (Path file : entries(folder)) {
                if (Files.isDirectory(file)) {
                    continue;
                }
                if (!FileNames.isUnicode()) { // else it becomes an image that cannot be read, and is reported then
                    requireText(file);
                }
                if (ImageFormats.isImageName(name(file))) {
                    // a dangling link is an image that cannot be read
                    files.add(new Listed(relative(file), label, Files.exists(file) ? Files.size(file) : 0));
                } else {
                    leftOutOfClass.merge(ending(name(file)), 1, Integer::sum);
                }
            }
            files.sort(Comparator.comparing(Listed::name));
            images.addAll(files);
        }

        /** @param around real paths of the folder and of those it is in: a link back to one of them is not followed */
        private static void addInner(Path folder, Set<Path> around, List<Path> inner) throws IOException {
            for (Path each : folders(folder)) {
                Path real = each.toRealPath();
                if (!around.contains(real)) {
                    inner.add(each);
                    Set<Path> deeper = new HashSet<>(around);
                    deeper.add(real);
                    addInner(each, deeper, inner);
                }
            }
        }

        private String relative(Path file) {
            return data.relativize(file).toString().replace(File.separatorChar, '/');
        }

        private static String ending(String name) {
            int dot = name.lastIndexOf('.');
            return dot < 0 ? "" : name.substring(dot).toLowerCase(Locale.ROOT);
        }

        /** Files left out of the class that was added last. */
        LeftOut leftOutOfClass() {
            return new LeftOut(leftOutOfClass);
        }

        /** The end of a message on missing images. */
        static String insteadOfImages(LeftOut files) {
            return files.files() == 0 ? "" : ", only " + files.toString().replace(" left out", "");
        }

        ImageFolder images(List<String> labels, ImageDecoder decoder, int loose) {
            return new ImageFolder(data, decoder, labels, images, new Scanned(leftOut, nested, loose));
        }
    }

    Scanned scanned() {
        return scanned;
    }

    @Override
    public ImageFolder where(Position wanted) {
        int[] counts = new int[labels().size()];
        images().forEach(image -> counts[image.label()]++);
        int[] positions = new int[counts.length];
        List<Listed> kept = images().stream()
                .filter(image -> wanted.isWanted(positions[image.label()]++, counts[image.label()]))
                .toList();
        return new ImageFolder(data(), decoder(), labels(), kept, scanned);
    }
}
