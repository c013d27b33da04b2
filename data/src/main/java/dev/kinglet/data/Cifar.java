package dev.kinglet.data;

import java.io.BufferedInputStream;
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
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** CIFAR-10 or CIFAR-100, from a folder of its files or from its archive, which is read once and not unpacked. */
record Cifar(CifarForm form, CifarDataset train, CifarDataset test) {
    private static final long MAX_FILE_BYTES = 256L << 20; // the largest, CIFAR-100's train, has some 155 million
    private static final long MAX_ARCHIVE_BYTES = 1L << 30;
    private static final int MAX_ENTRIES = 1000;

    /**
     * Reads the files in a folder, or in the folder of the published name inside it.
     *
     * @return empty if there are none
     * @throws IOException if some are missing, or one is damaged
     */
    static Optional<Cifar> inFolder(Path data) throws IOException {
        for (CifarForm form : CifarForm.ALL) {
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
                CifarForm.ALL.stream().flatMap(form -> form.files().stream()).toList();
        Map<String, byte[]> files = new HashMap<>();
        try (InputStream raw = Files.newInputStream(archive);
                InputStream unzipped = new BufferedInputStream(new GZIPInputStream(raw, 1 << 16), 1 << 16);
                TarArchiveInputStream tar = new TarArchiveInputStream(unzipped)) {
            long bytes = 0;
            int entries = 0;
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                bytes += entry.getSize();
                if (++entries > MAX_ENTRIES || bytes > MAX_ARCHIVE_BYTES) {
                    throw new DatasetException(
                            "it is too large for CIFAR: " + entries + " entries of " + bytes + " bytes or more");
                }
                String name = entry.getName().substring(entry.getName().lastIndexOf('/') + 1);
                if (entry.isFile() && wanted.contains(name)) {
                    requireSize(name, entry.getSize());
                    byte[] file = tar.readNBytes((int) entry.getSize());
                    if (file.length != entry.getSize()) {
                        throw new DatasetException(
                                "truncated: " + name + " has " + file.length + " of " + entry.getSize() + " bytes");
                    }
                    files.put(name, file);
                }
            }
        } catch (DatasetException e) {
            throw new DatasetException(archive + ": " + e.getMessage(), e);
        } catch (IOException | IllegalArgumentException e) { // the latter for headers that make no sense
            throw new DatasetException(archive + " is not a whole .tar.gz archive: " + e.getMessage(), e);
        }
        for (CifarForm form : CifarForm.ALL) {
            if (files.containsKey(form.labelFile()) && files.containsKey(form.testFile())) {
                return of(form, archive, files);
            }
        }
        throw new DatasetException(archive + " is not an archive of CIFAR-10 or CIFAR-100: it lacks "
                + String.join(
                        " or ", CifarForm.ALL.stream().map(CifarForm::labelFile).toList()));
    }

    private static Cifar of(CifarForm form, Path place, Map<String, byte[]> files) throws IOException {
        List<String> missing =
                form.files().stream().filter(name -> !files.containsKey(name)).toList();
        if (!missing.isEmpty()) {
            throw new DatasetException(form.name() + " in " + place + " lacks " + String.join(", ", missing));
        }
        List<String> labels = read(
                place, form.labelFile(), files, (name, file) -> form.codec().labels(file));
        Reader<CifarDataset.Part> reader = (name, file) -> {
            CifarDataset.Part part = form.codec().pictures(name, file);
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
        if (bytes > MAX_FILE_BYTES) {
            throw new DatasetException(
                    name + " has " + bytes + " bytes, and no file of CIFAR more than " + MAX_FILE_BYTES);
        }
    }
}
