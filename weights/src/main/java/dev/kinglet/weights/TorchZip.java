package dev.kinglet.weights;

import dev.kinglet.base.Printable;
import dev.kinglet.network.NdArray;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * The file {@code torch.save} writes since version 1.6: a zip archive, uncompressed, with one folder that has the pickle
 * {@code data.pkl}, each storage as {@code data/KEY}, and {@code byteorder}.
 */
final class TorchZip {
    private static final String PICKLE = "data.pkl";

    private final FileInput in;
    private final StoredZip zip;
    private final WeightLimits limits;
    private final String folder;

    private TorchZip(FileInput in, StoredZip zip, WeightLimits limits, String folder) {
        this.in = in;
        this.zip = zip;
        this.limits = limits;
        this.folder = folder;
    }

    static WeightFile read(FileInput in, WeightLimits limits, Optional<String> part) throws IOException {
        StoredZip zip = StoredZip.read(in, limits.headerBytes());
        return new TorchZip(in, zip, limits, folder(in.name(), zip)).read(part);
    }

    /** The folder of the pickle. */
    private static String folder(String source, StoredZip zip) throws WeightsException {
        List<String> pickles = zip.entries().stream()
                .map(StoredZip.Entry::name)
                .filter(name -> name.endsWith("/" + PICKLE))
                .toList();
        if (pickles.isEmpty()) {
            throw new WeightsException(source, "is a zip archive, but not one of torch's: it has no " + PICKLE);
        }
        if (pickles.size() > 1) {
            throw new WeightsException(source, "has more than one " + PICKLE);
        }
        return pickles.get(0).substring(0, pickles.get(0).length() - PICKLE.length());
    }

    private WeightFile read(Optional<String> part) throws IOException {
        StoredZip.Entry entry = entry(PICKLE);
        if (entry.bytes() > limits.headerBytes()) {
            throw new WeightsException(
                    in.name(),
                    PICKLE + " has " + entry.bytes() + " bytes, where " + limits.headerBytes() + " are allowed");
        }
        zip.seek(entry);
        Object root = new TorchPickle().read(in.name(), in, entry.bytes());
        ByteOrder order = byteOrder();
        return StateDict.read(in, root, part, limits, storage -> read(storage, order));
    }

    private ByteOrder byteOrder() throws IOException {
        Optional<StoredZip.Entry> entry = zip.find(folder + "byteorder"); // absent in older files, all little-endian
        if (entry.isEmpty()) {
            return ByteOrder.LITTLE_ENDIAN;
        }
        zip.seek(entry.get());
        byte[] order =
                in.readNBytes((int) Math.min("little".length(), entry.get().bytes()));
        return new String(order, StandardCharsets.US_ASCII).equals("big")
                ? ByteOrder.BIG_ENDIAN
                : ByteOrder.LITTLE_ENDIAN;
    }

    private NdArray read(TorchPickle.Storage storage, ByteOrder order) throws IOException {
        StoredZip.Entry entry = entry("data/" + storage.key());
        long expected = (long) storage.storedElements() * storage.type().bytes();
        if (entry.bytes() != expected) {
            throw new WeightsException(
                    in.name(),
                    "storage '" + Printable.of(storage.key()) + "' has " + entry.bytes()
                            + " bytes, but its tensors say " + expected);
        }
        zip.seek(entry);
        return ArrayCodec.read(storage.type(), order, List.of(storage.storedElements()), in);
    }

    private StoredZip.Entry entry(String name) throws WeightsException {
        return zip.find(folder + name)
                .orElseThrow(
                        () -> new WeightsException(in.name(), "its entry '" + Printable.of(name) + "' is missing"));
    }
}
