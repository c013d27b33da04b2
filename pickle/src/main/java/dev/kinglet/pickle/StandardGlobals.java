package dev.kinglet.pickle;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The names every pickle may use, then those the caller allows. */
final class StandardGlobals implements Globals {
    /** Stands for the class of numpy's arrays, which pickles mention and do not call. */
    private static final Object NDARRAY = new Object();

    private static final Map<String, Object> BY_NAME = Map.ofEntries(
            Map.entry("collections.OrderedDict", (Constructor) StandardGlobals::orderedDict),
            Map.entry("_codecs.encode", (Constructor) StandardGlobals::encode),
            Map.entry("builtins.bytes", (Constructor) StandardGlobals::bytes),
            Map.entry("builtins.bytearray", (Constructor) StandardGlobals::bytes),
            Map.entry("builtins.tuple", (Constructor) StandardGlobals::tuple),
            Map.entry("numpy.ndarray", NDARRAY),
            Map.entry("numpy.dtype", (Constructor) NumpyType::of),
            Map.entry("numpy.core.multiarray._reconstruct", (Constructor) StandardGlobals::emptyArray),
            Map.entry("numpy.core.multiarray.scalar", (Constructor) StandardGlobals::scalar),
            Map.entry("numpy.core.numeric._frombuffer", (Constructor) StandardGlobals::fromBuffer));

    private final Globals more;

    StandardGlobals(Globals more) {
        this.more = more;
    }

    @Override
    public @Nullable Object find(String module, String name) {
        Object standard = BY_NAME.get(currentModule(module) + "." + name);
        return standard != null ? standard : more.find(module, name);
    }

    /** Modules that Python 2 and numpy 2 know by another name. */
    private static String currentModule(String module) {
        return switch (module) {
            case "__builtin__" -> "builtins";
            case "numpy._core.multiarray" -> "numpy.core.multiarray";
            case "numpy._core.numeric" -> "numpy.core.numeric";
            default -> module;
        };
    }

    /** {@code OrderedDict()}, or Python 2's {@code OrderedDict([[key, value], ...])}. */
    private static Object orderedDict(List<@Nullable Object> arguments) {
        Map<@Nullable Object, @Nullable Object> map = new LinkedHashMap<>();
        if (arguments.isEmpty()) {
            return map;
        }
        if (!(arguments.get(0) instanceof List<?> pairs) || arguments.size() != 1) {
            throw new IllegalArgumentException("OrderedDict is made from a list of pairs");
        }
        for (Object pair : pairs) {
            if (!(pair instanceof List<?> entry) || entry.size() != 2) {
                throw new IllegalArgumentException("OrderedDict is made from a list of pairs");
            }
            PickleMachine.put(map, entry.get(0), entry.get(1));
        }
        return map;
    }

    /** A byte string as Python 3 writes it in protocols that have none: as text in Latin-1. */
    private static Object encode(List<@Nullable Object> arguments) {
        if (arguments.size() != 2
                || !(arguments.get(0) instanceof String text)
                || !Unpickler.text(arguments.get(1)).orElse("").matches("latin-?1")) {
            throw new IllegalArgumentException("_codecs.encode takes a text and 'latin1'");
        }
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        for (int i = 0; i < bytes.length; i++) {
            if ((bytes[i] & 0xff) != text.charAt(i)) {
                throw new IllegalArgumentException("_codecs.encode has a text with characters beyond Latin-1");
            }
        }
        return bytes;
    }

    /** {@code bytes()}, {@code bytes(b)}, or Python 2's {@code bytearray(u, 'latin-1')}. */
    private static Object bytes(List<@Nullable Object> arguments) {
        if (arguments.isEmpty()) {
            return new byte[0];
        }
        if (arguments.size() == 1 && arguments.get(0) instanceof byte[] bytes) {
            return bytes; // nothing here changes them
        }
        return encode(arguments);
    }

    /** {@code tuple()} or {@code tuple(list)}, as Paddle writes a tensor: {@code tuple((name, array))}. */
    private static Object tuple(List<@Nullable Object> arguments) {
        if (arguments.isEmpty()) {
            return List.of();
        }
        if (arguments.size() != 1 || !(arguments.get(0) instanceof List<?> elements)) {
            throw new IllegalArgumentException("tuple is made from one list or tuple");
        }
        return Collections.unmodifiableList(new ArrayList<>(elements));
    }

    /** {@code _reconstruct(ndarray, (0,), b'b')}: the array to come. */
    private static Object emptyArray(List<@Nullable Object> arguments) {
        if (arguments.isEmpty() || arguments.get(0) != NDARRAY) {
            throw new IllegalArgumentException("numpy's _reconstruct makes arrays, of class numpy.ndarray");
        }
        return new PickledArray();
    }

    private static Object scalar(List<@Nullable Object> arguments) {
        if (arguments.size() != 2
                || !(arguments.get(0) instanceof NumpyType type)
                || !(arguments.get(1) instanceof byte[] data)) {
            throw new IllegalArgumentException("a numpy scalar is made from a dtype and its bytes");
        }
        return new PickledArray(type, data);
    }

    /** {@code _frombuffer(bytes, dtype, shape, 'C' or 'F')}, which protocol 5 uses. */
    private static Object fromBuffer(List<@Nullable Object> arguments) {
        if (arguments.size() != 4
                || !(arguments.get(0) instanceof byte[] data)
                || !(arguments.get(1) instanceof NumpyType type)
                || !(arguments.get(2) instanceof List<?> shape)
                || !(arguments.get(3) instanceof String order)) {
            throw new IllegalArgumentException("numpy's _frombuffer takes bytes, a dtype, a shape and an order");
        }
        PickledArray array = new PickledArray();
        array.set(type, shape, order.equals("F"), data);
        return array;
    }
}
