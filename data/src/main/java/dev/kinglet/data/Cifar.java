package dev.kinglet.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/** CIFAR-10 or CIFAR-100, from a folder of its files or from its archive, which is read once and not unpacked. */
record Cifar(CifarVariant form, CifarDataset train, CifarDataset test) {
    /**
     * Reads the files in a folder, or in the folder of the published name inside it.
     *
     * @return empty if there are none
     * @throws IOException if some are missing, or one is damaged
     */
    static Optional<Cifar> inFolder(Path data) throws IOException {
        for (CifarVariant form : CifarVariant.ALL) {
            for (Path folder : List.of(data, data.resolve(form.folder()))) {
                if (isRegularFile(folder, form.labelFile()) && isRegularFile(folder, form.testFile())) {
                    Map<String, byte[]> files = new HashMap<>();
                    for (String name : form.files()) {
                        if (isRegularFile(folder, name)) {
                            requireSize(folder.resolve(name).toString(), Files.size(folder.resolve(name)));
                            files.put(name, Files.readAllBytes(folder.resolve(name)));
                        }
                    }
                    return Optional.of(of(form, folder, files));
                }
            }
        }
        return Optional.empty();
    }

    /**
     * Reads a {@code .tar.gz}.
     *
     * @throws IOException if it is no such archive, holds no CIFAR, lacks some of its files, or is damaged
     */
    static Cifar inArchive(Path archive) throws IOException {
        List<String> wanted =
                CifarVariant.ALL.stream().flatMap(form -> form.files().stream()).toList();
        Map<String, byte[]> files = new HashMap<>();
        try (InputStream raw = Files.newInputStream(archive);
                InputStream unzipped = new GZIPInputStream(raw, 1 << 16);
                TarEntries tar = new TarEntries(unzipped, ArchiveLimits.cifar())) {
            for (TarEntries.Entry entry = tar.next(); entry != null; entry = tar.next()) {
                String name = entry.name().substring(entry.name().lastIndexOf('/') + 1);
                if (wanted.contains(name)) {
                    files.put(name, tar.content());
                }
            }
        } catch (DatasetException e) {
            throw new DatasetException(archive + ": " + e.getMessage(), e);
        } catch (IOException e) {
            throw new DatasetException(archive + " is not a whole .tar.gz archive: " + e.getMessage(), e);
        }
        for (CifarVariant form : CifarVariant.ALL) {
            if (files.containsKey(form.labelFile()) && files.containsKey(form.testFile())) {
                return of(form, archive, files);
            }
        }
        throw new DatasetException(archive + " is not an archive of CIFAR-10 or CIFAR-100: it lacks "
                + String.join(
                        " or ",
                        CifarVariant.ALL.stream().map(CifarVariant::labelFile).toList()));
    }

    private static Cifar of(CifarVariant form, Path place, Map<String, byte[]> files) throws IOException {
        List<String> missing =
                form.files().stream().filter(name -> !files.containsKey(name)).toList();
        if (!missing.isEmpty()) {
            throw new DatasetException(form.name() + " in " + place + " lacks " + String.join(", ", missing));
        }
        List<String> labels = read(
                place, form.labelFile(), files, (name, file) -> form.codec().labels(file));
        Reader<CifarDataset.Part> reader = (name, file) -> {
            CifarDataset.Part part = form.codec().images(name, file);
            part.requireLabelsBelow(labels.size());
            return part;
        };
        List<CifarDataset.Part> train = new ArrayList<>();
        for (String name : form.trainFiles()) {
            train.add(read(place, name, files, reader));
        }
        List<CifarDataset.Part> test = List.of(read(place, form.testFile(), files, reader));
        return new Cifar(form, new CifarDataset(labels, train), new CifarDataset(labels, test));
    }

    @FunctionalInterface
    private interface Reader<T> {
        T read(String name, byte[] file) throws IOException;
    }

    /** Takes the file from those at hand, so that its bytes can go when they are no longer needed. */
    private static <T> T read(Path place, String name, Map<String, byte[]> files, Reader<T> reader) throws IOException {
        try {
            return reader.read(name, Objects.requireNonNull(files.remove(name)));
        } catch (IOException e) {
            throw new DatasetException(name + " in " + place + ": " + e.getMessage(), e);
        }
    }

    private static boolean isRegularFile(Path folder, String name) {
        return Files.isRegularFile(folder.resolve(name));
    }

    private static void requireSize(String name, long bytes) throws DatasetException {
        if (bytes > ArchiveLimits.cifar().maxEntryBytes()) {
            throw new DatasetException(name + " has " + bytes + " bytes, and no file of CIFAR more than "
                    + ArchiveLimits.cifar().maxEntryBytes());
        }
    }
}
