package dev.kinglet.oip;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The elements of a tensor in JSON, flat or nested, as they are read before its type is known. */
final class JsonData {
    private static final double EXACT = 1L << 53; // beyond it doubles leave integers out

    private final int max;
    private final int before;
    private double[] numbers = new double[16];
    private final List<String> texts = new ArrayList<>();
    private int count;
    private boolean booleans; // whether the numbers stand for these

    private JsonData(int max, int before) {
        this.max = max;
        this.before = before;
    }

    /**
     * Reads an array, from its bracket on.
     *
     * @param max elements of all tensors of a message
     * @param before elements of the tensors before
     */
    static JsonData read(JsonParser parser, int max, int before) throws IOException {
        JsonData data = new JsonData(max, before);
        Json.require(parser, JsonToken.START_ARRAY, "data");
        for (int depth = 1; depth > 0; ) {
            JsonToken token = parser.nextToken();
            switch (token) {
                case START_ARRAY -> depth++;
                case END_ARRAY -> depth--;
                case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> data.add(parser.getDoubleValue());
                case VALUE_TRUE, VALUE_FALSE -> {
                    data.booleans = true;
                    data.add(token == JsonToken.VALUE_TRUE ? 1 : 0);
                }
                case VALUE_STRING -> data.add(parser.getText());
                default ->
                    throw new OipException("data has " + token + " at " + Json.place(parser)
                            + "; its elements are numbers, true and false, or texts");
            }
        }
        return data;
    }

    private void add(double number) throws OipException {
        addOne();
        if (count > numbers.length) {
            numbers = Arrays.copyOf(numbers, Math.min(2 * numbers.length, max - before));
        }
        numbers[count - 1] = number;
    }

    private void add(String text) throws OipException {
        addOne();
        texts.add(text);
    }

    private void addOne() throws OipException {
        count++;
        if (count > max - before) {
            throw new OipException(
                    "the tensors have more than the " + max + " elements that are taken in JSON (max-json-elements)");
        }
    }

    int count() {
        return count;
    }

    /** The tensor of these elements. */
    Tensor tensor(String name, DataType type, List<Long> shape) throws OipException {
        int elements = Tensor.elements(name, shape);
        if (elements != count) {
            throw new OipException("tensor '" + name + "' of shape " + shape + " has " + elements
                    + " elements, but data has " + count);
        }
        boolean ofTexts = !texts.isEmpty();
        if ((ofTexts && texts.size() < count) || (ofTexts != (type == DataType.BYTES) && count > 0)) {
            throw new OipException("data of tensor '" + name + "' is not all of datatype " + type);
        }
        if (type == DataType.BYTES) {
            List<byte[]> values = texts.stream()
                    .map(text -> text.getBytes(StandardCharsets.UTF_8))
                    .toList();
            return Tensor.ofBytes(
                    name, values, shape.stream().mapToLong(Long::longValue).toArray());
        }
        if (type == DataType.FP16 || type == DataType.BF16) {
            throw new OipException(
                    "tensor '" + name + "' is of " + type + ", which the protocol has in binary form only");
        }
        if (booleans != (type == DataType.BOOL) && count > 0) {
            throw new OipException("data of tensor '" + name + "' is not of datatype " + type);
        }
        ByteBuffer bytes =
                ByteBuffer.allocate(Math.multiplyExact(count, type.size())).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            put(name, numbers[i], type, bytes);
        }
        return Tensor.of(name, type, shape, bytes.flip());
    }

    private static void put(String name, double number, DataType type, ByteBuffer bytes) throws OipException {
        switch (type) {
            case FP32 -> bytes.putFloat((float) number);
            case FP64 -> bytes.putDouble(number);
            default -> {
                int bits = 8 * type.size();
                boolean signed = type.name().startsWith("INT");
                double lowest = signed ? -Math.scalb(1.0, bits - 1) : 0;
                double highest = Math.min(EXACT, Math.scalb(1.0, signed ? bits - 1 : bits) - 1);
                if (number != Math.rint(number) || number < Math.max(-EXACT, lowest) || number > highest) {
                    throw new OipException("data of tensor '" + name + "' has " + number + ", which is no " + type
                            + (bits == 64 ? " of at most 2 to the power of 53; send larger ones in binary form" : ""));
                }
                long whole = (long) number;
                switch (type.size()) {
                    case 1 -> bytes.put((byte) whole);
                    case 2 -> bytes.putShort((short) whole);
                    case 4 -> bytes.putInt((int) whole);
                    default -> bytes.putLong(whole);
                }
            }
        }
    }
}
