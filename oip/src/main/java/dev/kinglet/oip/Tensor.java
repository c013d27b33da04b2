package dev.kinglet.oip;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A named tensor as it goes over the wire: row-major, little-endian; of {@link DataType#BYTES}, each element's length in four
 * bytes and its bytes. Immutable, but for the memory that it was made of, which is not copied.
 */
public final class Tensor {
    private final String name;
    private final DataType type;
    private final List<Long> shape;
    private final int elements;
    private final ByteBuffer data;

    private Tensor(String name, DataType type, List<Long> shape, int elements, ByteBuffer data) {
        this.name = name;
        this.type = type;
        this.shape = shape;
        this.elements = elements;
        this.data = data;
    }

    /**
     * A tensor of its bytes on the wire.
     *
     * @param data from its position to its limit; not copied
     * @throws OipException if there are more or fewer than the shape has, or the shape is impossible
     */
    public static Tensor of(String name, DataType type, List<Long> shape, ByteBuffer data) throws OipException {
        int elements = elements(name, shape);
        ByteBuffer bytes = data.slice().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
        Tensor tensor = new Tensor(name, type, List.copyOf(shape), elements, bytes);
        if (type == DataType.BYTES) {
            tensor.checkLengths();
        } else if (bytes.remaining() != (long) elements * type.size()) {
            throw new OipException(said(name) + " of shape " + shape + " and datatype " + type + " has "
                    + (long) elements * type.size() + " bytes, but " + bytes.remaining() + " were sent");
        }
        return tensor;
    }

    /** A tensor of {@link DataType#FP32}. */
    public static Tensor ofFloats(String name, float[] values, long... shape) throws OipException {
        ByteBuffer data = ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        data.asFloatBuffer().put(values);
        return of(name, DataType.FP32, dims(shape), data);
    }

    /** A tensor of {@link DataType#BYTES}, such as encoded images. */
    public static Tensor ofBytes(String name, List<byte[]> values, long... shape) throws OipException {
        long size = 0;
        for (byte[] value : values) {
            size += Integer.BYTES + value.length;
        }
        ByteBuffer data = ByteBuffer.allocate(Math.toIntExact(size)).order(ByteOrder.LITTLE_ENDIAN);
        for (byte[] value : values) {
            data.putInt(value.length).put(value);
        }
        return of(name, DataType.BYTES, dims(shape), data.flip());
    }

    /** The elements of a shape. */
    static int elements(String name, List<Long> shape) throws OipException {
        long elements = 1;
        for (long length : shape) {
            if (length < 0) {
                throw new OipException(said(name) + " has shape " + shape + "; lengths are not negative");
            }
            elements = Math.multiplyHigh(elements, length) == 0 ? elements * length : Long.MAX_VALUE;
            if (elements < 0 || elements > Integer.MAX_VALUE) {
                throw new OipException(
                        said(name) + " has shape " + shape + ", more than " + Integer.MAX_VALUE + " elements");
            }
        }
        return (int) elements;
    }

    private static List<Long> dims(long... shape) {
        return Arrays.stream(shape).boxed().toList();
    }

    private static String said(String name) {
        return "tensor '" + name + "'";
    }

    private void checkLengths() throws OipException {
        ByteBuffer rest = data();
        for (int i = 0; i < elements; i++) {
            int length = rest.remaining() < Integer.BYTES ? -1 : rest.getInt();
            if (length < 0 || length > rest.remaining()) {
                throw new OipException(said(name) + " of shape " + shape + ": its bytes end in element " + i + " of "
                        + elements + "; each is a length in 4 little-endian bytes, and so many bytes");
            }
            rest.position(rest.position() + length);
        }
        if (rest.hasRemaining()) {
            throw new OipException(said(name) + " of shape " + shape + ": " + rest.remaining() + " bytes after its "
                    + elements + " elements");
        }
    }

    public String name() {
        return name;
    }

    public DataType type() {
        return type;
    }

    /** Lengths by axis. */
    public List<Long> shape() {
        return shape;
    }

    /** How many elements; the product of the shape. */
    public int elements() {
        return elements;
    }

    /** Its bytes on the wire, read-only and little-endian; a view of its own for each caller. */
    public ByteBuffer data() {
        return data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * The elements, of {@link DataType#FP32}.
     *
     * @throws IllegalStateException if they are of another type
     */
    public float[] floats() {
        require(DataType.FP32);
        float[] values = new float[elements];
        data().asFloatBuffer().get(values);
        return values;
    }

    /**
     * The elements, of {@link DataType#BYTES}.
     *
     * @throws IllegalStateException if they are of another type
     */
    public List<byte[]> bytes() {
        require(DataType.BYTES);
        List<byte[]> values = new ArrayList<>();
        ByteBuffer rest = data();
        for (int i = 0; i < elements; i++) {
            byte[] value = new byte[rest.getInt()];
            rest.get(value);
            values.add(value);
        }
        return values;
    }

    /**
     * The elements, of {@link DataType#BYTES}, as UTF-8.
     *
     * @throws IllegalStateException if they are of another type
     */
    public List<String> texts() {
        return bytes().stream()
                .map(value -> new String(value, StandardCharsets.UTF_8))
                .toList();
    }

    private void require(DataType wanted) {
        if (type != wanted) {
            throw new IllegalStateException(said(name) + " is of " + type + ", not " + wanted);
        }
    }

    @Override
    public String toString() {
        return name + " " + type + shape;
    }
}
