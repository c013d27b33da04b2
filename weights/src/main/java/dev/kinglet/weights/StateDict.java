package dev.kinglet.weights;

import dev.kinglet.base.Printable;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Tensors;
import dev.kinglet.pickle.PickledArray;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The dictionary of tensors in what a pickle holds, made into arrays. */
final class StateDict {
    /** Names checkpoints keep it under; averaged weights are what their authors evaluate, so they come first. */
    private static final List<String> WRAPPERS = List.of("state_dict_ema", "state_dict", "model");

    /** Copies that tensors sharing numbers may make of them; more would be an attack on memory. */
    private static final int MAX_COPIES = 4;

    private static final Pattern OPTIMIZER = Pattern.compile("(?i)opt");
    private static final int MAX_NAMES = 6;

    /** Reads a storage as it stands in the file. */
    @FunctionalInterface
    interface Storages {
        NdArray read(TorchPickle.Storage storage) throws IOException;
    }

    private final String source;
    private final long fileBytes;
    private final WeightLimits limits;
    private final Storages storages;
    private final Map<String, NdArray> readStorages = new HashMap<>();
    private final Map<String, Long> copiedElements = new HashMap<>();
    private long arrayBytes; // of the arrays the pickle holds itself, as they are in it
    private long bytes; // in memory

    private StateDict(String source, long fileBytes, WeightLimits limits, Storages storages) {
        this.source = source;
        this.fileBytes = fileBytes;
        this.limits = limits;
        this.storages = storages;
    }

    /**
     * The state dict in a file's pickle.
     *
     * @param part the name of the dictionary it is; empty: the first of the usual ones that is there, or all there is
     */
    static WeightFile read(
            FileInput in, @Nullable Object root, Optional<String> part, WeightLimits limits, Storages storages)
            throws IOException {
        Optional<String> name = part.isPresent() ? part : usual(in.name(), root);
        if (name.isEmpty()) {
            return new WeightFile(
                    in.name(), new StateDict(in.name(), in.size(), limits, storages).tensors(root), Map.of());
        }
        if (root instanceof Map<?, ?> map && map.get(name.get()) instanceof Map<?, ?> wrapped) {
            String source = in.name() + " (" + Printable.of(name.get()) + ")";
            return new WeightFile(
                    source, new StateDict(source, in.size(), limits, storages).tensors(wrapped), Map.of());
        }
        throw new WeightsException(
                in.name(),
                "has no dictionary '" + Printable.of(name.get()) + "'"
                        + (root instanceof Map<?, ?> map ? "; its entries are: " + names(map) : ""));
    }

    /**
     * The name of the dictionary a checkpoint keeps its weights under: a usual one, or the only one that holds tensors
     * and no optimizer's; empty: the checkpoint is that dictionary itself.
     */
    private static Optional<String> usual(String source, @Nullable Object root) throws WeightsException {
        if (!(root instanceof Map<?, ?> map)) {
            return Optional.empty();
        }
        for (String wrapper : WRAPPERS) {
            if (map.get(wrapper) instanceof Map<?, ?>) {
                return Optional.of(wrapper);
            }
        }
        if (map.values().stream().anyMatch(StateDict::isTensor)) {
            return Optional.empty();
        }
        List<String> dictionaries = map.keySet().stream()
                .filter(key ->
                        key instanceof String text && !OPTIMIZER.matcher(text).lookingAt())
                .map(String::valueOf)
                .filter(key -> map.get(key) instanceof Map<?, ?> inner
                        && inner.values().stream().anyMatch(StateDict::isTensor))
                .toList();
        if (dictionaries.size() > 1) {
            String choices =
                    dictionaries.stream().limit(MAX_NAMES).map(Printable::of).collect(Collectors.joining(", "));
            throw new WeightsException(
                    source,
                    "has several dictionaries of tensors: " + choices + "; --state-dict "
                            + Printable.of(dictionaries.get(0)) + " reads that one");
        }
        return dictionaries.stream().findFirst();
    }

    /** Some of a dictionary's keys, for a message. */
    private static String names(Map<?, ?> dictionary) {
        return Printable.of(dictionary.keySet().stream()
                .limit(MAX_NAMES)
                .map(key -> Printable.of(String.valueOf(key)))
                .collect(Collectors.joining(", ")));
    }

    private Tensors tensors(@Nullable Object root) throws IOException {
        if (!(root instanceof Map<?, ?> dictionary)) {
            throw new WeightsException(source, "holds no dictionary of tensors");
        }
        String names = names(dictionary);
        Map<String, NdArray> arrays = new LinkedHashMap<>();
        for (Iterator<? extends Map.Entry<?, ?>> entries = dictionary.entrySet().iterator(); entries.hasNext(); ) {
            Map.Entry<?, ?> entry = entries.next();
            if (entry.getKey() instanceof String name) {
                Optional<NdArray> array = array(name, entry.getValue());
                array.ifPresent(a -> arrays.put(name, a));
                if (arrays.size() > limits.tensors()) {
                    throw new WeightsException(source, "more than " + limits.tensors() + " tensors");
                }
            }
            entries.remove(); // so that an array's bytes can go before the next is made
        }
        if (arrays.isEmpty()) {
            throw new WeightsException(source, "holds no tensors; its entries are: " + names);
        }
        return new Tensors(arrays);
    }

    /** Empty if the value is no array, but some setting. */
    private Optional<NdArray> array(String name, @Nullable Object value) throws IOException {
        try {
            if (value instanceof TorchPickle.View view) {
                return Optional.of(array(view));
            }
            Optional<PickledArray> pickled = pickled(value);
            return pickled.isPresent() ? Optional.of(array(pickled.get())) : Optional.empty();
        } catch (IllegalArgumentException e) {
            throw new WeightsException(source, "tensor '" + Printable.of(name) + "' " + e.getMessage(), e);
        }
    }

    private static boolean isTensor(@Nullable Object value) {
        return value instanceof TorchPickle.View || pickled(value).isPresent();
    }

    /** An array, or Paddle's tensor in a checkpoint: {@code (name, array)}. */
    private static Optional<PickledArray> pickled(@Nullable Object value) {
        Object array = value instanceof List<?> pair && pair.size() == 2 && pair.get(0) instanceof String
                ? pair.get(1)
                : value;
        return array instanceof PickledArray pickled ? Optional.of(pickled) : Optional.empty();
    }

    private NdArray array(TorchPickle.View view) throws IOException {
        TorchPickle.Storage storage = view.storage();
        NdArray stored = readStorages.get(storage.key());
        if (stored == null) {
            count((long) storage.storedElements() * storage.type().bytesInMemory());
            stored = storages.read(storage);
            readStorages.put(storage.key(), stored);
        }
        int elements = Dims.elements(view.dims());
        if (elements == storage.storedElements() && view.offset() == 0 && isRowMajor(view)) {
            return withDims(stored, view.dims());
        }
        long copied = copiedElements.merge(storage.key(), (long) elements, Long::sum);
        if (copied > (long) MAX_COPIES * storage.storedElements()) {
            throw new IllegalArgumentException(
                    "is one of so many views of a storage that they copy it more than " + MAX_COPIES + " times");
        }
        count((long) elements * storage.type().bytesInMemory());
        return Strides.gather(stored, view.dims(), view.strides(), storage.offset() + view.offset());
    }

    private static boolean isRowMajor(TorchPickle.View view) {
        long[] strides = Strides.rowMajor(view.dims());
        for (int axis = 0; axis < strides.length; axis++) {
            if (view.dims().get(axis) != 1 && strides[axis] != view.strides()[axis]) {
                return false;
            }
        }
        return true;
    }

    private static NdArray withDims(NdArray array, List<Integer> dims) {
        return array instanceof NdArray.Floats floats
                ? new NdArray.Floats(dims, floats.values())
                : new NdArray.Longs(dims, ((NdArray.Longs) array).values());
    }

    private NdArray array(PickledArray pickled) throws IOException {
        ElementType type = ElementType.ofNumpy(pickled.dtype().substring(1))
                .orElseThrow(
                        () -> new IllegalArgumentException("is of dtype " + pickled.dtype() + ", which is not read"));
        List<Integer> dims = pickled.shape();
        arrayBytes += pickled.data().length;
        if (arrayBytes / MAX_COPIES > fileBytes) {
            throw new IllegalArgumentException("is one of so many arrays of the same bytes that they have more than "
                    + MAX_COPIES + " times those of the file");
        }
        count((long) Dims.elements(dims) * type.bytesInMemory());
        ByteOrder order = pickled.dtype().startsWith(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        NdArray array = ArrayCodec.read(type, order, dims, new ArraySource(pickled.data()));
        return pickled.fortranOrder() ? Strides.gather(array, dims, Strides.columnMajor(dims), 0) : array;
    }

    private void count(long more) throws WeightsException {
        bytes += more;
        if (bytes > limits.bytes()) {
            throw new WeightsException(
                    source, "its tensors need more than the " + limits.bytes() + " bytes that are allowed");
        }
    }

    /** Bytes that are in memory already, and as many as are asked for. */
    private static final class ArraySource implements ByteSource {
        private final byte[] bytes;
        private int next;

        ArraySource(byte[] bytes) {
            this.bytes = bytes;
        }

        @Override
        public void fill(byte[] into, int count) {
            System.arraycopy(bytes, next, into, 0, count);
            next += count;
        }
    }
}
