package dev.kinglet.weights;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Pickles as Python's protocol 2 writes them, of values that need not be possible: null, booleans, whole numbers, doubles,
 * strings, byte strings, {@code ArrayList} for lists, other lists for tuples, maps, and the records below.
 */
final class Pickles {
    /** A class or function, by its name. */
    record Name(String module, String name) {}

    /** A call of one, as {@code __reduce__} asks for it. */
    record Call(Name callee, List<?> arguments) {
        static Call of(String module, String name, Object... arguments) {
            return new Call(new Name(module, name), List.of(arguments));
        }
    }

    /** A value outside the pickle. */
    record Reference(List<?> id) {}

    /** An object whose state is set after it was made. */
    record Built(Object made, Object state) {}

    /** Instructions as they are, each character a byte. */
    record Instructions(String latin1) {}

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private Pickles() {}

    static byte[] of(@Nullable Object value) {
        Pickles pickle = new Pickles();
        pickle.bytes(0x80, 2);
        pickle.write(value);
        pickle.bytes('.');
        return pickle.out.toByteArray();
    }

    static List<Object> list(Object... elements) {
        return new ArrayList<>(List.of(elements));
    }

    private void write(@Nullable Object value) {
        if (value == null) {
            bytes('N');
        } else if (value instanceof Boolean truth) {
            bytes(truth ? 0x88 : 0x89);
        } else if (value instanceof Integer number) {
            bytes('J');
            littleEndian(number, 4);
        } else if (value instanceof Long number) {
            bytes(0x8a, 8);
            littleEndian(number, 8);
        } else if (value instanceof BigInteger number) {
            byte[] bigEndian = number.toByteArray();
            bytes(0x8a, bigEndian.length);
            for (int i = bigEndian.length - 1; i >= 0; i--) {
                bytes(bigEndian[i]);
            }
        } else if (value instanceof Double number) {
            bytes('G');
            out.writeBytes(ByteBuffer.allocate(8).putDouble(number).array());
        } else if (value instanceof String text) {
            counted('X', text.getBytes(StandardCharsets.UTF_8));
        } else if (value instanceof byte[] string) {
            counted('B', string);
        } else if (value instanceof List<?> list) {
            write(list);
        } else if (value instanceof Map<?, ?> map) {
            bytes('}', '(');
            map.forEach((key, element) -> {
                write(key);
                write(element);
            });
            bytes('u');
        } else if (value instanceof Name name) {
            latin1("c" + name.module() + "\n" + name.name() + "\n");
        } else if (value instanceof Call call) {
            write(call.callee());
            write(List.copyOf(call.arguments()));
            bytes('R');
        } else if (value instanceof Reference reference) {
            write(reference.id());
            bytes('Q');
        } else if (value instanceof Built built) {
            write(built.made());
            write(built.state());
            bytes('b');
        } else if (value instanceof Instructions instructions) {
            latin1(instructions.latin1());
        } else {
            throw new IllegalArgumentException("no pickle of " + value.getClass());
        }
    }

    private void write(List<?> list) {
        boolean tuple = !(list instanceof ArrayList<?>);
        latin1(tuple ? "(" : "](");
        list.forEach(this::write);
        bytes(tuple ? 't' : 'e');
    }

    private void counted(int instruction, byte[] string) {
        bytes(instruction);
        littleEndian(string.length, 4);
        out.writeBytes(string);
    }

    private void littleEndian(long number, int bytes) {
        byte[] all = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(number)
                .array();
        out.write(all, 0, bytes);
    }

    private void latin1(String text) {
        out.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private void bytes(int... bytes) {
        for (int value : bytes) {
            out.write(value);
        }
    }
}
