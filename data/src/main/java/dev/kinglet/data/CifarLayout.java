package dev.kinglet.data;

import dev.kinglet.base.IoReason;
import dev.kinglet.data.archive.ArchiveException;
import dev.kinglet.data.archive.ArchiveLimits;
import dev.kinglet.data.archive.TarEntries;
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

/** CIFAR-10 or CIFAR-100, from a folder of its files or from its archive, which is read once without unpacking it. */
record CifarLayout(Path data, CifarVariant variant, CifarDataset train, CifarDataset test) implements Layout {
    @Override
    public DataSplit open(DataOptions options) {
        if (options.valEvery().isPresent()) {
            throw new IllegalArgumentException(
                    data + " is " + variant.name() + " with test images of its own; leave out `val_every`");
        }
        String split = SplitName.meant(options.split().orElse("test"), List.of("train", "test"))
                .orElseThrow(() -> new IllegalArgumentException(data + " is " + variant.name()
                        + ", which has train and test, not '" + options.split().orElseThrow() + "'"));
        return new DataSplit(
                train,
                split.equals("train") ? train : test,
                options.withSplit(split),
                variant.name() + ", split " + split,
                false);
    }

    /**
     * Reads the files in a folder, or in the folder of the published name inside it.
     *
     * @return empty if there are none
     * @throws IOException if some are missing, or one is damaged
     */
    static Optional<CifarLayout> inFolder(Path data) throws IOException {
        for (CifarVariant variant : CifarVariant.ALL) {
            for (Path folder : List.of(data, data.resolve(variant.folder()))) {
                if (isRegularFile(folder, variant.labelFile()) && isRegularFile(folder, variant.testFile())) {
                    Map<String, byte[]> files = new HashMap<>();
                    for (String name : variant.files()) {
                        if (isRegularFile(folder, name)) {
                            requireSize(folder.resolve(name).toString(), Files.size(folder.resolve(name)));
                            files.put(name, Files.readAllBytes(folder.resolve(name)));
                        }
                    }
                    return Optional.of(of(variant, folder, files));
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
    static CifarLayout inArchive(Path archive) throws IOException {
        List<String> wanted = CifarVariant.ALL.stream()
                .flatMap(variant -> variant.files().stream())
                .toList();
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
        } catch (ArchiveException e) {
            throw new DatasetException(archive + ": " + e.getMessage(), e);
        } catch (IOException e) {
            throw new DatasetException(archive + " is not a whole .tar.gz archive: " + IoReason.of(e), e);
        }
        for (CifarVariant variant : CifarVariant.ALL) {
            if (files.containsKey(variant.labelFile()) && files.containsKey(variant.testFile())) {
                return of(variant, archive, files);
            }
        }
        throw new DatasetException(archive + " is not an archive of CIFAR-10 or CIFAR-100: it lacks "
                + String.join(
                        " or ",
                        CifarVariant.ALL.stream().map(CifarVariant::labelFile).toList()));
    }

    private static CifarLayout of(CifarVariant variant, Path place, Map<String, byte[]> files) throws IOException {
        List<String> missing = variant.files().stream()
                .filter(name -> !files.containsKey(name))
                .toList();
        if (!missing.isEmpty()) {
            throw new DatasetException(variant.name() + " in " + place + " lacks " + String.join(", ", missing));
        }
        List<String> labels = read(
                place,
                variant.labelFile(),
                files,
                (name, file) -> variant.codec().labels(file));
        Reader<CifarDataset.Part> reader = (name, file) -> {
            CifarDataset.Part part = variant.codec().images(name, file);
            part.requireLabelsBelow(labels.size());
            return part;
        };
        List<CifarDataset.Part> train = new ArrayList<>();
        for (String name : variant.trainFiles()) {
            train.add(read(place, name, files, reader));
        }
        List<CifarDataset.Part> test = List.of(read(place, variant.testFile(), files, reader));
        return new CifarLayout(place, variant, new CifarDataset(labels, train), new CifarDataset(labels, test));
    }

    @FunctionalInterface
    private interface Reader<T> {
        T read(String name, byte[] file) throws IOException;
    }

    /** Removes the file from the map, so that its bytes can be collected as early as possible. */
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
