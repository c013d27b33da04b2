package dev.kinglet.weights;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What {@code torch.save} writes, of tensors that need not be possible. */
final class TorchFiles {
    private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);

    /**
     * A storage.
     *
     * @param type of torch, {@code FloatStorage}
     * @param elements as the tensors say it has
     * @param stored as a stream says it has
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Storage(String type, String key, Object elements, long stored, byte[] bytes) {
        Storage(String type, String key, long elements, byte[] bytes) {
            this(type, key, elements, elements, bytes);
        }

        Pickles.Reference reference() {
            return new Pickles.Reference(List.of("storage", new Pickles.Name("torch", type), key, "cpu", elements));
        }
    }

    private TorchFiles() {}

    static Storage floats(String key, float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return new Storage("FloatStorage", key, values.length, bytes.array());
    }

    /** A tensor that is a view of a storage. */
    static Pickles.Call tensor(Storage storage, Object offset, Object size, Object strides) {
        return Pickles.Call.of(
                "torch._utils",
                "_rebuild_tensor_v2",
                storage.reference(),
                offset,
                size,
                strides,
                false,
                Pickles.Call.of("collections", "OrderedDict"));
    }

    static byte[] zip(Object root, Storage... storages) {
        return zip(Pickles.of(root), "little", storages);
    }

    static byte[] zip(byte[] pickle, String byteOrder, Storage... storages) {
        return Zips.of(entries(pickle, byteOrder, storages));
    }

    static List<Zips.Entry> entries(byte[] pickle, String byteOrder, Storage... storages) {
        List<Zips.Entry> entries = new ArrayList<>();
        entries.add(new Zips.Entry("archive/data.pkl", pickle));
        entries.add(new Zips.Entry("archive/byteorder", byteOrder.getBytes(StandardCharsets.US_ASCII)));
        for (Storage storage : storages) {
            entries.add(new Zips.Entry("archive/data/" + storage.key(), storage.bytes()));
        }
        entries.add(new Zips.Entry("archive/version", new byte[] {'3', '\n'}));
        return entries;
    }

    static byte[] stream(Object root, Storage... storages) {
        return stream(Pickles.of(root), true, storages);
    }

    static byte[] stream(byte[] pickle, boolean littleEndian, Storage... storages) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(Pickles.of(MAGIC));
        out.writeBytes(Pickles.of(1001));
        out.writeBytes(Pickles.of(Map.of("little_endian", littleEndian, "protocol_version", 1001)));
        out.writeBytes(pickle);
        List<Object> keys = Pickles.list();
        for (Storage storage : storages) {
            keys.add(storage.key());
        }
        out.writeBytes(Pickles.of(keys));
        for (Storage storage : storages) {
            out.writeBytes(ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(storage.stored())
                    .array());
            out.writeBytes(storage.bytes());
        }
        return out.toByteArray();
    }
}
