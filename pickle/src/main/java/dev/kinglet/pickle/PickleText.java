package dev.kinglet.pickle;

import dev.kinglet.base.Printable;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** Numbers and strings as pickles spell them. Malformed ones are an {@link IllegalArgumentException}. */
final class PickleText {
    /** More than any real file has; the time to read a decimal grows with the square of its length. */
    private static final int MAX_NUMBER_LENGTH = 1024;

    /** The character that lenient decoding puts in place of bytes that are not UTF-8. */
    private static final char REPLACEMENT = '\ufffd';

    private static final Pattern FLOAT = Pattern.compile("[+-]?(inf|nan|(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?)");

    private PickleText() {}

    static String latin1(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    static String utf8(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        if (text.indexOf(REPLACEMENT) >= 0) { // the strict way is slower and takes thrice the memory
            checkUtf8(bytes);
        }
        return text;
    }

    private static void checkUtf8(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("a text that is not UTF-8", e);
        }
    }

    /** A decimal, with or without Python 2's {@code L}. */
    static Number integer(String text) {
        String digits = text.endsWith("L") ? text.substring(0, text.length() - 1) : text;
        checkLength(digits.length());
        try {
            return narrowed(new BigInteger(digits));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("'" + Printable.of(text) + "' is not a whole number", e);
        }
    }

    /** Two's complement, little-endian; no bytes are 0. */
    static Number integer(byte[] littleEndian) {
        checkLength(littleEndian.length);
        byte[] bigEndian = new byte[littleEndian.length];
        for (int i = 0; i < bigEndian.length; i++) {
            bigEndian[i] = littleEndian[littleEndian.length - 1 - i];
        }
        return bigEndian.length == 0 ? (Number) 0L : narrowed(new BigInteger(bigEndian));
    }

    private static void checkLength(long length) {
        if (length > MAX_NUMBER_LENGTH) {
            throw new IllegalArgumentException("a whole number of " + length + " digits is too long");
        }
    }

    private static Number narrowed(BigInteger value) {
        return value.bitLength() < Long.SIZE ? (Number) value.longValue() : value;
    }

    static Double decimal(String text) {
        checkLength(text.length());
        if (!FLOAT.matcher(text).matches()) {
            throw new IllegalArgumentException("'" + Printable.of(text) + "' is not a number");
        }
        return switch (text) {
            case "inf", "+inf" -> Double.POSITIVE_INFINITY;
            case "-inf" -> Double.NEGATIVE_INFINITY;
            case "nan", "+nan", "-nan" -> Double.NaN;
            default -> Double.valueOf(text);
        };
    }

    /** A Python 2 string literal, quotes and escapes included. */
    static byte[] literal(byte[] line) {
        int length = line.length;
        if (length < 2 || line[0] != line[length - 1] || (line[0] != '\'' && line[0] != '"')) {
            throw new IllegalArgumentException("a string literal without its quotes");
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(length);
        String inside = latin1(line).substring(1, length - 1);
        int i = 0;
        while (i < inside.length()) {
            char c = inside.charAt(i++);
            if (c != '\\') {
                bytes.write(c);
                continue;
            }
            if (i == inside.length()) {
                throw new IllegalArgumentException("a string literal that ends in a backslash");
            }
            char escape = inside.charAt(i++);
            switch (escape) {
                case 'x' -> {
                    bytes.write(hex(inside, i, 2));
                    i += 2;
                }
                case 'a' -> bytes.write(7);
                case 'b' -> bytes.write('\b');
                case 't' -> bytes.write('\t');
                case 'n' -> bytes.write('\n');
                case 'v' -> bytes.write(11);
                case 'f' -> bytes.write('\f');
                case 'r' -> bytes.write('\r');
                case '\\', '\'', '"' -> bytes.write(escape);
                default ->
                    throw new IllegalArgumentException(
                            "a string literal with the unknown escape \\" + Printable.of(Character.toString(escape)));
            }
        }
        return bytes.toByteArray();
    }

    /** Latin-1 with {@code \}{@code uXXXX} and {@code \}{@code UXXXXXXXX} for the rest, as protocol 0 writes text. */
    static String rawUnicodeEscape(byte[] line) {
        String raw = latin1(line);
        StringBuilder text = new StringBuilder(raw.length());
        int i = 0;
        while (i < raw.length()) {
            char c = raw.charAt(i++);
            char kind = c == '\\' && i < raw.length() ? raw.charAt(i) : 0;
            if (kind != 'u' && kind != 'U') {
                text.append(c);
                continue;
            }
            int digits = kind == 'u' ? 4 : 8;
            int codePoint = hex(raw, i + 1, digits);
            if (!Character.isValidCodePoint(codePoint)) {
                throw new IllegalArgumentException("a text with a character beyond Unicode");
            }
            text.appendCodePoint(codePoint);
            i += 1 + digits;
        }
        return text.toString();
    }

    private static int hex(String text, int from, int digits) {
        int value = 0;
        for (int i = from; i < from + digits; i++) {
            int digit = i < text.length() ? Character.digit(text.charAt(i), 16) : -1;
            if (digit < 0) {
                throw new IllegalArgumentException("a string with an escape that is not hexadecimal");
            }
            value = (value << 4) | digit;
        }
        return value;
    }
}
