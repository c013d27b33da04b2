package dev.kinglet.serve;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the models of a path are: one file; files beside each other, as KServe's storage initializer leaves them, each a
 * model with its file's name; folders of models with folders of versions, as Triton has them; or the folder of one such
 * model. Nothing outside of the path is found, whatever links say.
 */
final class RepositoryLayout {
    /** Names that can stand in a request's path as they are. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}");

    private static final Pattern VERSION = Pattern.compile("[1-9][0-9]{0,17}");
    private static final Logger LOG = LoggerFactory.getLogger(RepositoryLayout.class);
    private static final String EXTENSION = ".onnx";
    private static final String TRITON_FILE = "model" + EXTENSION;
    private static final long FLAT_VERSION = 1;

    private final Path path;
    private final Optional<String> name;
    private final Set<Path> leftOut = ConcurrentHashMap.newKeySet(); // said once each

    /**
     * @param path of a file or a folder
     * @param name of the model, where there is one
     */
    RepositoryLayout(Path path, Optional<String> name) {
        this.path = path;
        this.name = name;
        name.ifPresent(given -> {
            if (!isName(given)) {
                throw new IllegalArgumentException("model-name is " + given + "; " + names());
            }
        });
    }

    static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }

    private static String names() {
        return "names of models have letters, digits, '_', '-' and '.', and begin with a letter, a digit or '_'";
    }

    /**
     * The files of all models and versions.
     *
     * @return by model, the highest version first
     * @throws IOException if the path cannot be read
     */
    Map<String, List<ModelFile>> scan() throws IOException {
        Map<String, List<ModelFile>> found = new TreeMap<>();
        if (Files.isRegularFile(path)) {
            String model = name.orElse(stem(path));
            if (!isName(model)) {
                throw new IOException(path + " cannot be the name of a model in a request's path: " + names()
                        + "; give one (model-name)");
            }
            add(found, model, FLAT_VERSION, path);
            return found;
        }
        Path root = path.toRealPath();
        for (Path entry : entries(root)) {
            String text = entry.getFileName().toString();
            if (isFile(root, entry) && text.endsWith(EXTENSION)) {
                add(found, stem(entry), FLAT_VERSION, entry);
            } else if (isFolder(root, entry)) {
                versions(root, entry).forEach((version, file) -> add(found, text, version, file));
            }
        }
        if (found.isEmpty() && root.getFileName() != null) {
            String model = name.orElse(root.getFileName().toString());
            versions(root, root).forEach((version, file) -> add(found, model, version, file));
        }
        for (List<ModelFile> versions : found.values()) {
            versions.sort(Comparator.comparingLong(ModelFile::version).reversed());
        }
        return name.isPresent() ? named(found, name.get()) : found;
    }

    /** The only model by another name. */
    private Map<String, List<ModelFile>> named(Map<String, List<ModelFile>> found, String model) throws IOException {
        if (found.size() > 1) {
            throw new IOException(
                    path + " has " + found.size() + " models, " + found.keySet() + "; model-name is for one");
        }
        Map<String, List<ModelFile>> renamed = new TreeMap<>();
        for (List<ModelFile> versions : found.values()) {
            renamed.put(
                    model,
                    versions.stream()
                            .map(file -> new ModelFile(model, file.version(), file.path(), file.stamp()))
                            .toList());
        }
        return renamed;
    }

    private static Map<Long, Path> versions(Path root, Path model) throws IOException {
        Map<Long, Path> versions = new TreeMap<>();
        for (Path entry : entries(model)) {
            String version = entry.getFileName().toString();
            Path file = entry.resolve(TRITON_FILE);
            if (VERSION.matcher(version).matches() && isFolder(root, entry) && isFile(root, file)) {
                versions.put(Long.parseLong(version), file);
            }
        }
        return versions;
    }

    private void add(Map<String, List<ModelFile>> found, String model, long version, Path file) {
        if (!isName(model)) {
            if (leftOut.add(file)) {
                LOG.warn("{} is left out: {}", file, names());
            }
            return;
        }
        try {
            found.computeIfAbsent(model, ignored -> new ArrayList<>())
                    .add(new ModelFile(model, version, file, ModelFile.Stamp.of(file)));
        } catch (IOException e) { // gone again while the folder was read: the next look finds what there is
            found.remove(model, List.of());
        }
    }

    private static String stem(Path file) {
        String text = file.getFileName().toString();
        return text.endsWith(EXTENSION) ? text.substring(0, text.length() - EXTENSION.length()) : text;
    }

    private static List<Path> entries(Path folder) throws IOException {
        List<Path> entries = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
            stream.forEach(entries::add);
        } catch (java.nio.file.DirectoryIteratorException e) {
            throw e.getCause();
        }
        entries.sort(Comparator.naturalOrder());
        return entries;
    }

    private static boolean isFile(Path root, Path file) {
        return Files.isRegularFile(file) && isInside(root, file);
    }

    private static boolean isFolder(Path root, Path folder) {
        return Files.isDirectory(folder) && isInside(root, folder);
    }

    private static boolean isInside(Path root, Path entry) {
        try {
            return entry.toRealPath().startsWith(root);
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
