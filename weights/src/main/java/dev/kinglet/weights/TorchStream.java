package dev.kinglet.weights;

import dev.kinglet.base.Printable;
import dev.kinglet.network.NdArray;
import dev.kinglet.pickle.Unpickler;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The file {@code torch.save} wrote before version 1.6: five pickles one after another (a magic number, a version, facts about
 * the machine, the value, the keys of the storages), then the storages in the order of the keys, each with its number of
 * elements (8 bytes) before it.
 */
final class TorchStream {
    private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final long VERSION = 1001;

    private final FileInput in;
    private final WeightLimits limits;
    private final TorchPickle pickle = new TorchPickle();
    private final Map<String, Long> places = new HashMap<>(); // of the first element of each storage, in the file

    private TorchStream(FileInput in, WeightLimits limits) {
        this.in = in;
        this.limits = limits;
    }

    /** Whether a file that begins so is one: the magic number comes first, whatever the protocol puts around it. */
    static boolean isOne(byte[] start) {
        byte[] magic = MAGIC.toByteArray();
        for (int from = 0; from + magic.length <= start.length; from++) {
            int same = 0;
            while (same < magic.length && start[from + same] == magic[magic.length - 1 - same]) {
                same++;
            }
            if (same == magic.length) {
                return true;
            }
        }
        return false;
    }

    static WeightFile read(FileInput in, WeightLimits limits, Optional<String> part) throws IOException {
        return new TorchStream(in, limits).read(part);
    }

    private WeightFile read(Optional<String> part) throws IOException {
        Object magic = nextPickle();
        Object version = nextPickle();
        if (!MAGIC.equals(magic) || !Long.valueOf(VERSION).equals(version)) {
            throw WeightsException.at(
                    in.position(),
                    in.name(),
                    "is not a torch file of version " + VERSION + ", the only one of its kind");
        }
        boolean bigEndian = nextPickle() instanceof Map<?, ?> facts && Boolean.FALSE.equals(facts.get("little_endian"));
        Object root = nextPickle();
        locate(nextPickle());
        ByteOrder order = bigEndian ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        return StateDict.read(in, root, part, limits, storage -> read(storage, order));
    }

    private @Nullable Object nextPickle() throws IOException {
        return pickle.read(in.name(), in, Math.min(in.remaining(), limits.headerBytes()));
    }

    /** Finds where each storage lies, from their order and their lengths. */
    private void locate(@Nullable Object keys) throws IOException {
        if (!(keys instanceof List<?> list)) {
            throw WeightsException.at(in.position(), in.name(), "a list of storages was expected before here");
        }
        long place = in.position();
        for (Object value : list) {
            String key = Unpickler.text(value).orElse("");
            TorchPickle.Storage storage = pickle.stored().get(key);
            if (storage == null || places.containsKey(key)) {
                throw WeightsException.at(
                        place,
                        in.name(),
                        "storage '" + Printable.of(key) + "' is not one its tensors need, or comes twice");
            }
            in.seek(Math.min(place, in.size()));
            long elements = in.littleEndian(Long.BYTES);
            if (elements != storage.storedElements()) {
                throw WeightsException.at(
                        place,
                        in.name(),
                        "storage '" + Printable.of(key) + "' has " + Long.toUnsignedString(elements)
                                + " elements, but its tensors say " + storage.storedElements());
            }
            long bytes = elements * storage.type().bytes();
            if (bytes > in.remaining()) {
                throw WeightsException.at(
                        place,
                        in.name(),
                        "storage '" + Printable.of(key) + "' has " + bytes + " bytes, but the file has only "
                                + in.remaining() + " more; it may be truncated");
            }
            places.put(key, in.position());
            place = in.position() + bytes;
        }
    }

    private NdArray read(TorchPickle.Storage storage, ByteOrder order) throws IOException {
        Long place = places.get(storage.key());
        if (place == null) {
            throw new WeightsException(in.name(), "storage '" + Printable.of(storage.key()) + "' is not in the file");
        }
        in.seek(place);
        return ArrayCodec.read(storage.type(), order, List.of(storage.storedElements()), in);
    }
}
