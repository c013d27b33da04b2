package dev.kinglet.pickle;

import dev.kinglet.base.Printable;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A numpy dtype of numbers. Its byte order comes in an instruction of its own, so it can change while a pickle is read. */
final class NumpyType {
    /** int8, of which numpy makes arrays that have no state yet. */
    static final NumpyType BYTE = new NumpyType('i', 1, '|');

    private static final Pattern NAME = Pattern.compile("([<>|=]?)(b1|[iu][1248]|f[248])");

    private final char kind;
    private final int bytes;
    private char order;

    private NumpyType(char kind, int bytes, char order) {
        this.kind = kind;
        this.bytes = bytes;
        this.order = bytes == 1 ? '|' : order;
    }

    /** The dtype {@code numpy.dtype(name, align, copy)} makes. */
    static NumpyType of(List<@Nullable Object> arguments) {
        String name =
                arguments.isEmpty() ? "" : Unpickler.text(arguments.get(0)).orElse("");
        Matcher matcher = NAME.matcher(name);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("arrays hold numbers, not dtype '" + Printable.of(name) + "'");
        }
        String order = matcher.group(1);
        String type = matcher.group(2);
        return new NumpyType(type.charAt(0), type.charAt(1) - '0', order.equals(">") ? '>' : '<');
    }

    /** Takes the state numpy writes: version, byte order, then fields and sizes that types of numbers do not have. */
    void setState(@Nullable Object state) {
        if (!(state instanceof List<?> parts) || parts.size() < 5 || parts.get(2) != null || parts.get(3) != null) {
            throw new IllegalArgumentException("a dtype's state is (version, byte order, None, None, ...); "
                    + "records and sub-arrays are not read");
        }
        String newOrder = Unpickler.text(parts.get(1)).orElse("");
        switch (newOrder) {
            case "<", "=" -> order = bytes == 1 ? '|' : '<';
            case ">" -> order = bytes == 1 ? '|' : '>';
            case "|" -> {
                if (bytes != 1) {
                    throw new IllegalArgumentException("dtype " + this + " needs a byte order");
                }
            }
            default ->
                throw new IllegalArgumentException(
                        "a byte order is one of < > | =, not '" + Printable.of(newOrder) + "'");
        }
    }

    int bytes() {
        return bytes;
    }

    /** As it is now, whatever the pickle does to this one later. */
    NumpyType copy() {
        return new NumpyType(kind, bytes, order);
    }

    @Override
    public String toString() {
        return "" + order + kind + bytes;
    }
}
