package dev.kinglet.weights;

import dev.kinglet.network.NdArray;
import dev.kinglet.pickle.Printable;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * What {@code torch.save} writes since version 1.6: a zip archive, uncompressed, with one folder that has the pickle
 * {@code data.pkl}, each storage as {@code data/KEY}, and {@code byteorder}.
 */
final class TorchZip {
    private static final String PICKLE = "data.pkl";

    private final String source;
    private final ZipFile zip;
    private final WeightLimits limits;
    private final String folder;

    private TorchZip(String source, ZipFile zip, WeightLimits limits, String folder) {
        this.source = source;
        this.zip = zip;
        this.limits = limits;
        this.folder = folder;
    }

    static WeightFile read(Path file, WeightLimits limits) throws IOException {
        String source = file.toString();
        try (ZipFile zip = new ZipFile(file.toFile())) {
            String folder = checkedFolder(source, zip, Files.size(file));
            return new TorchZip(source, zip, limits, folder).read();
        } catch (ZipException e) {
            throw new WeightsException(
                    source,
                    "the zip archive cannot be read; it may be truncated: "
                            + Printable.of(String.valueOf(e.getMessage())),
                    e);
        }
    }

    /**
     * The folder of the pickle. Entries are checked to be stored as they are, once each, and to share no bytes: then no
     * entry can be larger than the file, nor all of them together.
     */
    private static String checkedFolder(String source, ZipFile zip, long fileBytes) throws WeightsException {
        Set<String> names = new HashSet<>();
        String folder = null;
        long bytes = 0;
        for (Enumeration<? extends ZipEntry> entries = zip.entries(); entries.hasMoreElements(); ) {
            ZipEntry entry = entries.nextElement();
            String name = entry.getName();
            String told = "its entry '" + Printable.of(name) + "' ";
            if (!names.add(name)) {
                throw new WeightsException(source, told + "comes twice");
            }
            if (entry.getMethod() != ZipEntry.STORED || entry.getSize() != entry.getCompressedSize()) {
                throw new WeightsException(
                        source, told + "is compressed, which torch never does; save the file again with torch.save");
            }
            bytes += entry.getSize();
            if (bytes > fileBytes) {
                throw new WeightsException(
                        source, told + "and those before it claim more than the " + fileBytes + " bytes of the file");
            }
            if (name.endsWith("/" + PICKLE)) {
                if (folder != null) {
                    throw new WeightsException(source, "has more than one " + PICKLE);
                }
                folder = name.substring(0, name.length() - PICKLE.length());
            }
        }
        if (folder == null) {
            throw new WeightsException(source, "is a zip archive, but not one of torch's: it has no " + PICKLE);
        }
        return folder;
    }

    private WeightFile read() throws IOException {
        ZipEntry entry = entry(PICKLE);
        if (entry.getSize() > limits.headerBytes()) {
            throw new WeightsException(
                    source,
                    PICKLE + " has " + entry.getSize() + " bytes, where " + limits.headerBytes() + " are allowed");
        }
        TorchPickle pickle = new TorchPickle();
        Object root;
        try (InputStream in = new BufferedInputStream(zip.getInputStream(entry))) {
            root = pickle.read(source, in, entry.getSize());
        }
        ByteOrder order = byteOrder();
        return StateDict.ofTorch(source, root, limits, storage -> read(storage, order));
    }

    private ByteOrder byteOrder() throws IOException {
        ZipEntry entry = zip.getEntry(folder + "byteorder"); // absent in older files, which are all little-endian
        if (entry == null) {
            return ByteOrder.LITTLE_ENDIAN;
        }
        try (InputStream in = zip.getInputStream(entry)) {
            String order = new String(in.readNBytes("little".length()), StandardCharsets.US_ASCII);
            return order.equals("big") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        }
    }

    private NdArray read(TorchPickle.Storage storage, ByteOrder order) throws IOException {
        ZipEntry entry = entry("data/" + storage.key());
        long expected = (long) storage.storedElements() * storage.type().bytes();
        if (entry.getSize() != expected) {
            throw new WeightsException(
                    source,
                    "storage '" + Printable.of(storage.key()) + "' has " + entry.getSize()
                            + " bytes, but its tensors say " + expected);
        }
        try (InputStream in = zip.getInputStream(entry)) {
            ByteSource bytes = (into, count) -> {
                if (in.readNBytes(into, 0, count) < count) {
                    throw new WeightsException(
                            source, "storage '" + Printable.of(storage.key()) + "' ends before its last element");
                }
            };
            return ArrayCodec.read(storage.type(), order, List.of(storage.storedElements()), bytes);
        }
    }

    private ZipEntry entry(String name) throws WeightsException {
        @Nullable ZipEntry entry = zip.getEntry(folder + name);
        if (entry == null) {
            throw new WeightsException(source, "its entry '" + Printable.of(name) + "' is missing");
        }
        return entry;
    }
}
