package dev.kinglet.pickle;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;

/** The bytes of a pickle, counted, and measured before they are asked for. */
final class PickleInput {
    private final InputStream in;
    private final long bytes;
    private long offset;

    PickleInput(InputStream in, long bytes) {
        this.in = in;
        this.bytes = bytes;
    }

    /** Bytes read. */
    long offset() {
        return offset;
    }

    /** An unsigned byte. */
    int read() throws IOException {
        int value = offset < bytes ? in.read() : -1;
        if (value < 0) {
            throw new PickleException("the pickle ends in the middle", offset);
        }
        offset++;
        return value;
    }

    /** @param count as an unsigned number, since that is what lengths in pickles are */
    byte[] bytes(long count) throws IOException {
        measure(count);
        if (count > Integer.MAX_VALUE - 8) {
            throw new PickleException("a string of " + count + " bytes is too long", offset);
        }
        byte[] read = new byte[(int) count];
        int got = in.readNBytes(read, 0, read.length);
        offset += got;
        if (got < read.length) {
            throw new PickleException("the pickle ends in the middle", offset);
        }
        return read;
    }

    /** Checks an unsigned length against what is left. */
    void measure(long count) throws PickleException {
        if (count < 0 || count > bytes - offset) {
            throw new PickleException(
                    "a length of " + Long.toUnsignedString(count) + " bytes, where at most " + (bytes - offset)
                            + " are left",
                    offset);
        }
    }

    /** An unsigned little-endian number of up to 8 bytes. */
    long littleEndian(int count) throws IOException {
        long value = 0;
        for (int i = 0; i < count; i++) {
            value |= (long) read() << (8 * i);
        }
        return value;
    }

    /** The bytes up to the next line feed, which is read too. */
    byte[] line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int value = read(); value != '\n'; value = read()) {
            line.write(value);
        }
        return line.toByteArray();
    }
}
