package dev.kinglet.weights;

import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file read from where one likes, buffered; it knows how long it is and where it stands. */
final class FileInput extends InputStream implements ByteSource {
    private final String name;
    private final RandomAccessFile file;
    private final long size;
    private final byte[] buffer = new byte[1 << 13]; // filled anew after every jump, so not large
    private long bufferStart; // where in the file the buffer begins
    private int buffered;
    private int next; // in the buffer

    private FileInput(String name, RandomAccessFile file, long size) {
        this.name = name;
        this.file = file;
        this.size = size;
    }

    /** @throws WeightsException if there is no such file */
    static FileInput open(Path path) throws IOException {
        if (!Files.isRegularFile(path)) {
            throw new WeightsException(
                    path.toString(),
                    Files.exists(path) ? "is not a file, but a folder or a device" : "there is no such file");
        }
        RandomAccessFile file = new RandomAccessFile(path.toFile(), "r");
        try {
            return new FileInput(path.toString(), file, file.length());
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    /** The name of the file in messages. */
    String name() {
        return name;
    }

    /** Number of bytes of the file. */
    long size() {
        return size;
    }

    /** Where the next byte is, from the beginning of the file. */
    long position() {
        return bufferStart + next;
    }

    /** Bytes from here to the end. */
    long remaining() {
        return size - position();
    }

    void seek(long position) throws IOException {
        if (position >= bufferStart && position <= bufferStart + buffered) {
            next = (int) (position - bufferStart);
            return;
        }
        file.seek(position);
        bufferStart = position;
        buffered = 0;
        next = 0;
    }

    @Override
    public int read() throws IOException {
        if (next == buffered && !refill()) {
            return -1;
        }
        return buffer[next++] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (next == buffered) {
            if (length >= buffer.length) {
                int read = file.read(into, offset, length);
                bufferStart += buffered + Math.max(read, 0);
                buffered = 0;
                next = 0;
                return read;
            }
            if (!refill()) {
                return -1;
            }
        }
        int read = Math.min(length, buffered - next);
        System.arraycopy(buffer, next, into, offset, read);
        next += read;
        return read;
    }

    private boolean refill() throws IOException {
        bufferStart += buffered;
        next = 0;
        buffered = Math.max(0, file.read(buffer, 0, buffer.length));
        return buffered > 0;
    }

    /** An unsigned little-endian number of up to 8 bytes. */
    long littleEndian(int count) throws IOException {
        long value = 0;
        for (int i = 0; i < count; i++) {
            int digit = read();
            if (digit < 0) {
                throw WeightsException.at(size, name, "the file ends where a length was expected");
            }
            value |= (long) digit << (8 * i);
        }
        return value;
    }

    @Override
    public void fill(byte[] into, int count) throws IOException {
        if (readNBytes(into, 0, count) < count) {
            throw WeightsException.at(size, name, "the file ends in the middle of an array");
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
