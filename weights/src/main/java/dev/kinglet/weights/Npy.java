package dev.kinglet.weights;

import dev.kinglet.base.AtomicFile;
import dev.kinglet.base.Printable;
import dev.kinglet.network.NdArray;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Numpy's {@code .npy}: one array. After six bytes of magic and two of version comes a header (a Python dictionary:
 * {@code descr}, {@code fortran_order}, {@code shape}) with its length before it, then the elements.
 */
public final class Npy {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int MAX_HEADER_LENGTH = 1 << 16;
    private static final int ALIGNMENT = 64; // of the first element

    private static final Pattern HEADER = Pattern.compile("\\{(.*)\\}\\s*", Pattern.DOTALL);
    private static final Pattern ENTRY =
            Pattern.compile("\\s*'(\\w+)'\\s*:\\s*('[^']*'|True|False|\\([0-9,\\s]*\\))\\s*(,|$)\\s*");

    private Npy() {}

    /**
     * Reads an array of floats (16, 32 or 64 bits; they become float32) or of integers or booleans (they become int64),
     * in either order of bytes and of axes.
     *
     * @throws WeightsException if it is not such a file, or does not have exactly the length its header asks for
     */
    public static NdArray read(Path file) throws IOException {
        return read(file, WeightLimits.defaults());
    }

    static NdArray read(Path file, WeightLimits limits) throws IOException {
        try (FileInput in = FileInput.open(file)) {
            return read(in, limits);
        }
    }

    /**
     * The type and the dimensions of a file's array as numpy calls them, {@code uint8 [1, 3, 224, 224]}, for messages:
     * {@link #read} gives every integer as int64 and every float as float32.
     *
     * @throws WeightsException if its header cannot be read
     */
    public static String describe(Path file) throws IOException {
        try (FileInput in = FileInput.open(file)) {
            Header header = header(in);
            return header.type().numpyName() + " " + header.dims();
        }
    }

    /**
     * The header of an array.
     *
     * @param descr numpy's type with its byte order, {@code <f4}
     */
    private record Header(String descr, ElementType type, boolean fortranOrder, List<Integer> dims) {}

    private static NdArray read(FileInput in, WeightLimits limits) throws IOException {
        Header header = header(in);
        ElementType type = header.type();
        List<Integer> dims = header.dims();
        long elements = elements(in.name(), dims);
        if (elements * type.bytes() != in.remaining()) {
            throw WeightsException.at(
                    in.position(),
                    in.name(),
                    "an array of " + header.descr() + " " + dims + " has " + elements * type.bytes() + " bytes, but "
                            + in.remaining() + " follow");
        }
        if (elements * type.bytesInMemory() > limits.bytes()) {
            throw new WeightsException(
                    in.name(),
                    "needs " + elements * type.bytesInMemory() + " bytes, where " + limits.bytes() + " are allowed");
        }
        ByteOrder byteOrder = header.descr().startsWith(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        NdArray array = ArrayCodec.read(type, byteOrder, dims, in);
        return header.fortranOrder() ? Strides.gather(array, dims, Strides.columnMajor(dims), 0) : array;
    }

    private static Header header(FileInput in) throws IOException {
        Map<String, String> header = headerEntries(in);
        String descr = unquoted(header.getOrDefault("descr", ""));
        String order = header.getOrDefault("fortran_order", "");
        String shape = header.getOrDefault("shape", "");
        if (!descr.matches("[<>|=]?[a-zA-Z].*") || !order.matches("True|False") || !shape.startsWith("(")) {
            throw new WeightsException(
                    in.name(),
                    "a .npy header has a descr, a fortran_order and a shape, but this one is "
                            + Printable.of(header.toString()));
        }
        ElementType type = ElementType.ofNumpy(descr.replaceFirst("[<>|=]", ""))
                .orElseThrow(() -> new WeightsException(
                        in.name(),
                        "an array of '" + Printable.of(descr) + "', where numbers of up to 64 bits are read"));
        List<Integer> dims = dims(in.name(), shape);
        return new Header(descr, type, order.equals("True"), dims);
    }

    private static Map<String, String> headerEntries(FileInput in) throws IOException {
        byte[] start = in.readNBytes(MAGIC.length + 2);
        if (!Arrays.equals(Arrays.copyOf(start, MAGIC.length), MAGIC) || start.length < MAGIC.length + 2) {
            throw WeightsException.at(0, in.name(), "is not a .npy file: it does not begin with \\x93NUMPY");
        }
        int major = start[MAGIC.length];
        if (major < 1 || major > 3) {
            throw WeightsException.at(MAGIC.length, in.name(), "is .npy version " + major + ", where 1 to 3 are read");
        }
        long length = in.littleEndian(major == 1 ? 2 : 4);
        if (length > in.remaining() || length > MAX_HEADER_LENGTH) {
            throw WeightsException.at(
                    MAGIC.length + 2,
                    in.name(),
                    "the header claims " + length + " bytes, but the file has " + in.remaining() + " more and at most "
                            + MAX_HEADER_LENGTH + " are allowed");
        }
        return entries(in.name(), new String(in.readNBytes((int) length), StandardCharsets.UTF_8));
    }

    private static Map<String, String> entries(String source, String header) throws WeightsException {
        Map<String, String> entries = new HashMap<>();
        Matcher whole = HEADER.matcher(header);
        Matcher entry = ENTRY.matcher(whole.matches() ? whole.group(1) : "");
        while (entry.lookingAt()) {
            if (entries.put(entry.group(1), entry.group(2)) != null) {
                throw new WeightsException(source, "the header has '" + Printable.of(entry.group(1)) + "' twice");
            }
            entry.region(entry.end(), entry.regionEnd());
        }
        if (!whole.matches() || entry.regionStart() != entry.regionEnd()) {
            throw new WeightsException(
                    source, "the header is not a dictionary of plain values: " + Printable.of(header.strip()));
        }
        return entries;
    }

    private static String unquoted(String literal) {
        return literal.replace("'", "");
    }

    private static List<Integer> dims(String source, String tuple) throws WeightsException {
        String inside = tuple.substring(1, tuple.length() - 1).strip();
        if (inside.isEmpty()) {
            return List.of();
        }
        try {
            return Stream.of(inside.replaceFirst(",$", "").split(",", -1))
                    .map(dim -> Integer.valueOf(dim.strip()))
                    .toList();
        } catch (NumberFormatException e) {
            throw new WeightsException(source, "'" + Printable.of(tuple) + "' is not a shape", e);
        }
    }

    private static long elements(String source, List<Integer> dims) throws WeightsException {
        try {
            return Dims.elements(dims);
        } catch (IllegalArgumentException e) {
            throw new WeightsException(source, "the array " + e.getMessage(), e);
        }
    }

    /** Writes an array of float32, whole or not at all. */
    public static void write(Path file, NdArray.Floats array) throws IOException {
        AtomicFile.write(file, out -> {
            writeHeader(out, "<f4", array.dims());
            ArrayCodec.write(array, (bytes, count) -> out.write(bytes, 0, count));
        });
    }

    /**
     * Writes an array of uint8, whole or not at all.
     *
     * @param values row-major
     * @throws IllegalArgumentException if there are not as many as the dimensions say
     */
    public static void write(Path file, List<Integer> dims, byte[] values) throws IOException {
        if (Dims.elements(dims) != values.length) {
            throw new IllegalArgumentException("an array of " + dims + " does not have " + values.length + " elements");
        }
        AtomicFile.write(file, out -> {
            writeHeader(out, "|u1", dims);
            out.write(values);
        });
    }

    /** In version 1, as numpy itself prefers. */
    private static void writeHeader(OutputStream out, String descr, List<Integer> dims) throws IOException {
        String shape = String.join(", ", dims.stream().map(String::valueOf).toList());
        String header = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (" + shape
                + (dims.size() == 1 ? "," : "") + "), }";
        int before = MAGIC.length + 2 + 2;
        int padding = Math.floorMod(-(before + header.length() + 1), ALIGNMENT);
        byte[] bytes = (header + " ".repeat(padding) + "\n").getBytes(StandardCharsets.US_ASCII);
        out.write(MAGIC);
        out.write(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) 1)
                .put((byte) 0)
                .putShort((short) bytes.length)
                .array());
        out.write(bytes);
    }
}
