package dev.kinglet.weights;

import dev.kinglet.pickle.Globals;
import dev.kinglet.pickle.PersistentIds;
import dev.kinglet.pickle.PickleException;
import dev.kinglet.pickle.Unpickler;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The pickles of a torch file. They hold no numbers: a tensor is a view of a storage, and the storages stand beside the
 * pickle under their keys.
 */
final class TorchPickle implements Globals, PersistentIds {
    /**
     * A storage, or a part of one.
     *
     * @param storedElements of the storage of this key, as it stands in the file
     * @param offset where in it this part begins, in elements
     * @param elements of this part
     */
    record Storage(String key, ElementType type, int storedElements, int offset, int elements) {}

    /**
     * A tensor as a view.
     *
     * @param offset of its first element in the storage
     * @param strides elements from one index to the next, for each axis
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record View(Storage storage, long offset, List<Integer> dims, long[] strides) {}

    private static final String STATE_ONLY =
            "; if a whole model was saved, in Python torch.save(model.state_dict(), FILE) saves its weights alone";
    private static final int MAX_KEY_LENGTH = 255; // torch's are numbers

    private static final Map<String, ElementType> STORAGES = Map.of(
            "DoubleStorage", ElementType.F64,
            "FloatStorage", ElementType.F32,
            "HalfStorage", ElementType.F16,
            "BFloat16Storage", ElementType.BF16,
            "LongStorage", ElementType.I64,
            "IntStorage", ElementType.I32,
            "ShortStorage", ElementType.I16,
            "CharStorage", ElementType.I8,
            "ByteStorage", ElementType.U8,
            "BoolStorage", ElementType.BOOL);

    private final Map<String, Storage> stored = new HashMap<>(); // whole, by key

    /** The value of the pickle that comes next in a stream. */
    @Nullable
    Object read(String source, InputStream in, long bytes) throws IOException {
        try {
            return Unpickler.defaults()
                    .withMaxBytes(Math.max(1, bytes))
                    .withGlobals(this)
                    .withPersistentIds(this)
                    .read(in, bytes);
        } catch (PickleException e) {
            String remedy = e.isRefusedName() ? STATE_ONLY : "";
            throw new WeightsException(source, e.getMessage() + remedy, e);
        }
    }

    /** The storages the pickles referred to, by key. */
    Map<String, Storage> stored() {
        return stored;
    }

    @Override
    public @Nullable Object find(String module, String name) {
        if (module.equals("torch") && STORAGES.containsKey(name)) {
            return STORAGES.get(name);
        }
        return switch (module + "." + name) {
            case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2" -> (Constructor) TorchPickle::view;
            case "torch._utils._rebuild_parameter" -> (Constructor) TorchPickle::parameter;
            case "torch.Size" -> (Constructor) arguments -> arguments.isEmpty() ? List.of() : arguments.get(0);
            case "torch.device" -> (Constructor) arguments -> new LinkedHashMap<>();
            default -> InertClasses.INSTANCE.find(module, name);
        };
    }

    /** {@code (storage, offset, size, stride, ...)}. */
    private static Object view(List<@Nullable Object> arguments) {
        if (arguments.size() < 4
                || !(arguments.get(0) instanceof Storage storage)
                || !(arguments.get(1) instanceof Long offset)
                || !(arguments.get(2) instanceof List<?> size)
                || !(arguments.get(3) instanceof List<?> stride)
                || size.size() != stride.size()) {
            throw new IllegalArgumentException(
                    "a tensor is made from a storage, an offset, a size and as many strides");
        }
        List<Integer> dims = size.stream().map(dim -> whole(dim, "a dimension")).toList();
        long[] strides =
                stride.stream().mapToLong(step -> whole(step, "a stride")).toArray();
        int elements = elements(dims);
        long last = Math.min(offset, storage.elements()); // so that it cannot overflow
        for (int axis = 0; axis < strides.length; axis++) {
            last += (dims.get(axis) - 1L) * strides[axis];
        }
        if (offset < 0 || elements > storage.elements() || (elements > 0 && last >= storage.elements())) {
            throw new IllegalArgumentException("a tensor of " + dims + ", strides " + stride + " and offset " + offset
                    + " does not lie in its storage of " + storage.elements() + " elements");
        }
        return new View(storage, offset, dims, strides);
    }

    private static int elements(List<Integer> dims) {
        try {
            return Dims.elements(dims);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("a tensor " + e.getMessage(), e);
        }
    }

    /** {@code (tensor, requires_grad, hooks)}. */
    private static Object parameter(List<@Nullable Object> arguments) {
        if (arguments.isEmpty() || !(arguments.get(0) instanceof View view)) {
            throw new IllegalArgumentException("a parameter is made from a tensor");
        }
        return view;
    }

    /** {@code ('storage', type, key, location, elements)}, and in streams None or {@code (key, offset, elements)} of a part. */
    @Override
    public Object find(@Nullable Object id) {
        if (!(id instanceof List<?> parts)
                || parts.size() < 5
                || !Unpickler.text(parts.get(0)).orElse("").equals("storage")
                || !(parts.get(1) instanceof ElementType type)) {
            throw new IllegalArgumentException("a reference that is not to a storage of numbers");
        }
        String key = Unpickler.text(parts.get(2))
                .orElseThrow(() -> new IllegalArgumentException("a storage whose key is not text"));
        if (key.length() > MAX_KEY_LENGTH) {
            throw new IllegalArgumentException("a storage whose key has " + key.length() + " characters");
        }
        int elements = whole(parts.get(4), "a storage's length");
        Storage found = new Storage(key, type, elements, 0, elements);
        Storage whole = Objects.requireNonNullElse(stored.putIfAbsent(key, found), found);
        if (!whole.equals(found)) {
            throw new IllegalArgumentException("the same storage as " + whole.type() + " of " + whole.elements()
                    + " elements and as " + type + " of " + elements);
        }
        return parts.size() > 5 && parts.get(5) instanceof List<?> part ? part(whole, part) : whole;
    }

    private static Storage part(Storage whole, List<?> part) {
        int offset = whole(part.size() == 3 ? part.get(1) : null, "where a part of a storage begins");
        int elements = whole(part.get(2), "the length of a part of a storage");
        if ((long) offset + elements > whole.elements()) {
            throw new IllegalArgumentException("a part of a storage that ends beyond it");
        }
        return new Storage(whole.key(), whole.type(), whole.storedElements(), offset, elements);
    }

    private static int whole(@Nullable Object value, String what) {
        if (value instanceof Long number && number >= 0 && number <= Integer.MAX_VALUE) {
            return number.intValue();
        }
        throw new IllegalArgumentException(what + " that is not a whole number from 0 to " + Integer.MAX_VALUE);
    }
}
