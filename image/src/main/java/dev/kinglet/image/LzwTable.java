package dev.kinglet.image;

/**
 * The strings of an LZW decoder, as GIF and TIFF have them: the literals, a code that clears the table, one that ends the
 * data, and then codes of at most 12 bits, each for an earlier code's string with one sample more.
 */
final class LzwTable {
    private static final int MAX_BITS = 12;
    private static final int MAX_CODES = 1 << MAX_BITS;

    private final int literalBits;
    private final int early;
    private final int end;
    private final int[] prefix = new int[MAX_CODES];
    private final byte[] last = new byte[MAX_CODES];
    private final byte[] reversed = new byte[MAX_CODES + 1];
    private int codeBits;
    private int codes;
    private int previous;
    private byte first; // sample that the previous code's string begins with

    /**
     * @param literalBits bits of a sample, from 1 to 8
     * @param early how many codes before they are used up codes become longer by a bit: none in a GIF, 1 in a TIFF
     */
    LzwTable(int literalBits, int early) {
        this.literalBits = literalBits;
        this.early = early;
        this.end = (1 << literalBits) + 1;
        clear();
    }

    void clear() {
        codeBits = literalBits + 1;
        codes = end + 1;
        previous = -1;
    }

    /** Bits of the next code. */
    int codeBits() {
        return codeBits;
    }

    boolean isClear(int code) {
        return code == end - 1;
    }

    boolean isEnd(int code) {
        return code == end;
    }

    /** Whether a code that neither clears nor ends stands for a string by now. */
    boolean isDefined(int code) {
        return code < codes || (code == codes && previous >= 0);
    }

    /**
     * Puts the string of a defined code into {@code samples}, as far as there is room, and defines the next code.
     *
     * @return where the string ends
     */
    int put(int code, byte[] samples, int from, int to) {
        int depth = 0;
        int current = code;
        if (code == codes) { // the string now being defined: the previous one and its own first sample
            reversed[depth++] = first;
            current = previous;
        }
        for (; current > end; current = prefix[current]) {
            reversed[depth++] = last[current];
        }
        first = (byte) current;
        reversed[depth++] = first;
        int at = from;
        while (depth > 0 && at < to) {
            samples[at++] = reversed[--depth];
        }
        if (previous >= 0 && codes < MAX_CODES) {
            prefix[codes] = previous;
            last[codes] = first;
            codes++;
            if (codes == (1 << codeBits) - early && codeBits < MAX_BITS) {
                codeBits++;
            }
        }
        previous = code;
        return at;
    }
}
