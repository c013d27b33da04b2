package dev.kinglet.pickle;

import dev.kinglet.base.Printable;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The stack machine a pickle is a program for, without the instructions that reach outside it. The instructions are
 * those of Python's {@code pickletools}. One run each.
 */
final class PickleMachine {
    private static final int NEWEST_PROTOCOL = 5;

    /** Bytes of strings that may be made beside those the pickle has itself, and as many for each byte read. */
    private static final long FREE_COPIES = 1 << 20;

    private static final int COPIES_A_BYTE = 4;

    private final PickleInput in;
    private final PickleLimits limits;
    private final Globals globals;
    private final PersistentIds persistentIds;

    private final List<@Nullable Object> stack = new ArrayList<>();
    private final List<Integer> marks = new ArrayList<>(); // sizes of the stack where a group of values begins
    private final Map<Integer, @Nullable Object> memo = new HashMap<>();
    private long elements;
    private long copied; // bytes of strings made from other strings

    PickleMachine(PickleInput in, PickleLimits limits, Globals globals, PersistentIds persistentIds) {
        this.in = in;
        this.limits = limits;
        this.globals = globals;
        this.persistentIds = persistentIds;
    }

    @Nullable
    Object run() throws IOException {
        while (true) {
            long offset = in.offset();
            int instruction = in.read();
            try {
                if (instruction == '.') {
                    return pop();
                }
                step(instruction);
            } catch (IllegalArgumentException e) { // what the instructions below find wrong, but not where
                throw new PickleException(String.valueOf(e.getMessage()), offset, e);
            }
        }
    }

    // spotless:off: one line an instruction
    private void step(int instruction) throws IOException {
        switch (instruction) {
            case 0x80 -> checkProtocol(in.read());
            case 0x95 -> in.measure(in.littleEndian(8)); // a frame: only an announcement of how much may be buffered

            case 'N' -> push(null);
            case 0x88 -> push(true);
            case 0x89 -> push(false);
            case 'I' -> push(integerOrBoolean(PickleText.latin1(in.line())));
            case 'L' -> push(PickleText.integer(PickleText.latin1(in.line())));
            case 'J' -> push((long) (int) in.littleEndian(4));
            case 'K' -> push(in.littleEndian(1));
            case 'M' -> push(in.littleEndian(2));
            case 0x8a -> push(PickleText.integer(in.bytes(in.littleEndian(1))));
            case 0x8b -> push(PickleText.integer(in.bytes(in.littleEndian(4))));
            case 'F' -> push(PickleText.decimal(PickleText.latin1(in.line())));
            case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(in.littleEndian(8))));

            case 'S' -> push(PickleText.literal(in.line()));
            case 'T', 'B' -> push(in.bytes(in.littleEndian(4)));
            case 'U', 'C' -> push(in.bytes(in.littleEndian(1)));
            case 0x8e, 0x96 -> push(in.bytes(in.littleEndian(8)));
            case 'V' -> push(PickleText.rawUnicodeEscape(in.line()));
            case 'X' -> push(PickleText.utf8(in.bytes(in.littleEndian(4))));
            case 0x8c -> push(PickleText.utf8(in.bytes(in.littleEndian(1))));
            case 0x8d -> push(PickleText.utf8(in.bytes(in.littleEndian(8))));

            case ')' -> push(List.of());
            case 0x85 -> push(tuple(popped(1)));
            case 0x86 -> push(tuple(popped(2)));
            case 0x87 -> push(tuple(popped(3)));
            case 't' -> push(tuple(poppedToMark()));
            case ']' -> push(new ArrayList<>());
            case 'l' -> push(list(poppedToMark()));
            case 'a' -> append(popped(1));
            case 'e' -> append(poppedToMark());
            case '}' -> push(new LinkedHashMap<>());
            case 'd' -> push(dictionary(poppedToMark()));
            case 's' -> setItems(popped(2));
            case 'u' -> setItems(poppedToMark());

            case '(' -> mark();
            case '0' -> popValueOrMark();
            case '1' -> poppedToMark();
            case '2' -> push(top());
            case 'g' -> push(recall(index(PickleText.latin1(in.line()))));
            case 'h' -> push(recall(in.read()));
            case 'j' -> push(recall(index(in.littleEndian(4))));
            case 'p' -> memorize(index(PickleText.latin1(in.line())));
            case 'q' -> memorize(in.read());
            case 'r' -> memorize(index(in.littleEndian(4)));
            case 0x94 -> memorize(memo.size());

            case 'c' -> push(global(PickleText.utf8(in.line()), PickleText.utf8(in.line())));
            case 0x93 -> pushNamedGlobal(popped(2));
            case 'R', 0x81 -> { Object arguments = pop(); push(call(pop(), arguments)); }
            case 0x92 -> { checkEmpty(pop()); Object arguments = pop(); push(call(pop(), arguments)); }
            case 'i' -> { Object callee = global(PickleText.utf8(in.line()), PickleText.utf8(in.line())); push(call(callee, tuple(poppedToMark()))); }
            case 'o' -> callFirst(poppedToMark());
            case 'b' -> { Object state = pop(); build(top(), state); }
            case 'P' -> push(persistentIds.find(PickleText.latin1(in.line())));
            case 'Q' -> push(persistentIds.find(pop()));

            case 0x8f, 0x90, 0x91 -> throw new IllegalArgumentException("a Python set, which is not read");
            case 0x82, 0x83, 0x84 -> throw new IllegalArgumentException("an entry of Python's extension registry, which is not read");
            case 0x97, 0x98 -> throw new IllegalArgumentException("a buffer kept outside the pickle, which is not read");
            default -> throw new IllegalArgumentException(String.format("0x%02x is not an instruction of a pickle", instruction));
        }
    }
    // spotless:on

    private static void checkProtocol(int protocol) {
        if (protocol > NEWEST_PROTOCOL) {
            throw new IllegalArgumentException(
                    "pickle protocol " + protocol + ", where 0 to " + NEWEST_PROTOCOL + " are read");
        }
    }

    /** Protocol 0 and 1 write booleans as integers of two digits. */
    private static Object integerOrBoolean(String text) {
        return switch (text) {
            case "00" -> false;
            case "01" -> true;
            default -> PickleText.integer(text);
        };
    }

    // ---- the stack

    private void push(@Nullable Object value) {
        checkStack();
        stack.add(value);
    }

    private void mark() {
        checkStack();
        marks.add(stack.size());
    }

    private void checkStack() {
        if (stack.size() + marks.size() >= limits.stack()) {
            throw new IllegalArgumentException("more than " + limits.stack() + " values on the stack");
        }
    }

    private int lastMark() {
        return marks.isEmpty() ? 0 : marks.get(marks.size() - 1);
    }

    /** Refuses to reach below the last mark: those values belong to a group that is still being collected. */
    private void checkHas(int count) {
        if (stack.size() - lastMark() < count) {
            throw new IllegalArgumentException("an instruction that needs more values than are on the stack");
        }
    }

    private @Nullable Object top() {
        checkHas(1);
        return stack.get(stack.size() - 1);
    }

    private @Nullable Object pop() {
        checkHas(1);
        return stack.remove(stack.size() - 1);
    }

    private void popValueOrMark() {
        if (!marks.isEmpty() && lastMark() == stack.size()) {
            marks.remove(marks.size() - 1);
        } else {
            pop();
        }
    }

    private @Nullable Object[] popped(int count) {
        checkHas(count);
        List<@Nullable Object> tail = stack.subList(stack.size() - count, stack.size());
        @Nullable Object[] values = tail.toArray();
        tail.clear();
        return values;
    }

    private @Nullable Object[] poppedToMark() {
        if (marks.isEmpty()) {
            throw new IllegalArgumentException("an instruction that ends a group of values where none was begun");
        }
        @Nullable Object[] values = popped(stack.size() - lastMark());
        marks.remove(marks.size() - 1);
        return values;
    }

    // ---- the memo

    private static int index(String text) {
        return PickleText.integer(text) instanceof Long number ? index(number.longValue()) : index(-1);
    }

    private static int index(long number) {
        if (number < 0 || number > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("a reference outside the memo");
        }
        return (int) number;
    }

    private @Nullable Object recall(int index) {
        Object value = memo.get(index);
        if (value == null && !memo.containsKey(index)) {
            throw new IllegalArgumentException("a reference to value " + index + ", which was never kept");
        }
        return value;
    }

    private void memorize(int index) {
        memo.put(index, top());
        if (memo.size() > limits.memo()) {
            throw new IllegalArgumentException("more than " + limits.memo() + " values kept for later");
        }
    }

    // ---- containers

    private void count(int more) {
        elements += more;
        if (elements > limits.elements()) {
            throw new IllegalArgumentException(
                    "more than " + limits.elements() + " elements in tuples, lists and dictionaries");
        }
    }

    /**
     * Counts a string made from another. The same long one can be named again and again by two bytes, so that a small
     * pickle could ask for any amount of copies.
     */
    private void countCopy(int bytes) {
        copied += bytes;
        if (copied > FREE_COPIES + COPIES_A_BYTE * in.offset()) {
            throw new IllegalArgumentException(
                    "strings copied to " + copied + " bytes, many times what the pickle has itself");
        }
    }

    private List<@Nullable Object> tuple(@Nullable Object... values) {
        count(values.length);
        return Collections.unmodifiableList(Arrays.asList(values));
    }

    private Object list(@Nullable Object... values) {
        count(values.length);
        return new ArrayList<>(Arrays.asList(values));
    }

    @SuppressWarnings("unchecked") // every ArrayList here is one of the pickle's lists, of anything
    private void append(@Nullable Object... values) {
        count(values.length);
        if (!(top() instanceof ArrayList<?> list)) {
            throw new IllegalArgumentException("an element is added to something that is not a list");
        }
        ((List<@Nullable Object>) list).addAll(Arrays.asList(values));
    }

    private Object dictionary(@Nullable Object... keysAndValues) {
        Map<@Nullable Object, @Nullable Object> map = new LinkedHashMap<>();
        putAll(map, keysAndValues);
        return map;
    }

    @SuppressWarnings("unchecked") // every LinkedHashMap here is one of the pickle's dictionaries, of anything
    private void setItems(@Nullable Object... keysAndValues) {
        if (!(top() instanceof LinkedHashMap<?, ?> map)) {
            throw new IllegalArgumentException("an entry is added to something that is not a dictionary");
        }
        putAll((Map<@Nullable Object, @Nullable Object>) map, keysAndValues);
    }

    private void putAll(Map<@Nullable Object, @Nullable Object> map, @Nullable Object... keysAndValues) {
        count(keysAndValues.length);
        if (keysAndValues.length % 2 != 0) {
            throw new IllegalArgumentException("a dictionary's last key has no value");
        }
        for (int i = 0; i < keysAndValues.length; i += 2) {
            if (keysAndValues[i] instanceof byte[] key) {
                countCopy(key.length);
            }
            put(map, keysAndValues[i], keysAndValues[i + 1]);
        }
    }

    /**
     * Adds an entry. Only scalars are keys: the hash of a tuple of tuples can take longer than anybody waits. No key comes
     * twice in what a pickler writes, so one that does is a sign of a forged file.
     */
    static void put(Map<@Nullable Object, @Nullable Object> map, @Nullable Object key, @Nullable Object value) {
        Object scalar = key instanceof byte[] bytes ? new String(bytes, StandardCharsets.ISO_8859_1) : key;
        if (!(scalar == null
                || scalar instanceof String
                || scalar instanceof Long
                || scalar instanceof Double
                || scalar instanceof Boolean
                || scalar instanceof BigInteger)) {
            throw new IllegalArgumentException("a dictionary's key is a number or a string, not a tuple or an object");
        }
        if (map.containsKey(scalar)) {
            throw new IllegalArgumentException(
                    "the key '" + Printable.of(String.valueOf(scalar)) + "' comes twice in a dictionary");
        }
        map.put(scalar, value);
    }

    // ---- names

    private Object global(String module, String name) {
        Object found = globals.find(module, name);
        if (found == null) {
            throw new RefusedNameException(module + "." + name);
        }
        return found;
    }

    private void pushNamedGlobal(@Nullable Object... moduleAndName) {
        if (!(moduleAndName[0] instanceof String module) || !(moduleAndName[1] instanceof String name)) {
            throw new IllegalArgumentException("a name that is not text");
        }
        push(global(module, name));
    }

    @SuppressWarnings("unchecked") // every List here is one of the pickle's, of anything
    private @Nullable Object call(@Nullable Object callee, @Nullable Object arguments) {
        if (!(callee instanceof Globals.Constructor constructor)) {
            throw new IllegalArgumentException("a value is called that cannot be");
        }
        if (!(arguments instanceof List<?> list) || arguments instanceof ArrayList<?>) {
            throw new IllegalArgumentException("the arguments of a call are not a tuple");
        }
        Object made = constructor.call((List<@Nullable Object>) list);
        if (made instanceof byte[] bytes) {
            countCopy(bytes.length);
        } else if (made instanceof List<?> elementsOfTuple) {
            count(elementsOfTuple.size());
        } else if (made instanceof Map<?, ?> map) { // an OrderedDict of a list of pairs
            count(2 * map.size());
            for (Object key : map.keySet()) {
                countCopy(key instanceof String text ? text.length() : 0);
            }
        }
        return made;
    }

    private void callFirst(@Nullable Object... calleeAndArguments) {
        if (calleeAndArguments.length == 0) {
            throw new IllegalArgumentException("a call of nothing");
        }
        push(call(calleeAndArguments[0], tuple(Arrays.copyOfRange(calleeAndArguments, 1, calleeAndArguments.length))));
    }

    private static void checkEmpty(@Nullable Object keywordArguments) {
        if (!(keywordArguments instanceof Map<?, ?> map) || !map.isEmpty()) {
            throw new IllegalArgumentException("a call with keyword arguments, which is not read");
        }
    }

    /** Gives a value its state. Attributes of other values, such as an OrderedDict's, are no part of them here. */
    private static void build(@Nullable Object value, @Nullable Object state) {
        if (value instanceof NumpyType type) {
            type.setState(state);
        } else if (value instanceof PickledArray array) {
            // (version, shape, dtype, is Fortran, bytes)
            if (!(state instanceof List<?> parts)
                    || parts.size() != 5
                    || !(parts.get(1) instanceof List<?> shape)
                    || !(parts.get(2) instanceof NumpyType type)
                    || !(parts.get(4) instanceof byte[] data)) {
                throw new IllegalArgumentException(
                        "an array's state is (version, shape, dtype, is Fortran, bytes); arrays of objects are not read");
            }
            boolean fortran =
                    Boolean.TRUE.equals(parts.get(3)) || Long.valueOf(1).equals(parts.get(3));
            array.set(type, shape, fortran, data);
        }
    }
}
