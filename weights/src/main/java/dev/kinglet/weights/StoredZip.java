package dev.kinglet.weights;

import dev.kinglet.base.Printable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The directory of a zip archive whose entries are all stored as they are, as torch writes them. No entry can be larger
 * than the file, nor all of them together.
 */
final class StoredZip {
    /*
     * Not java.util.zip: JDK 17 makes a table of as many entries as the archive's end claims, which in a file of 300 bytes
     * may be two thousand million, and it inflates whatever is compressed.
     */
    private static final int END = 0x06054b50;
    private static final int END_BYTES = 22;
    private static final int MAX_COMMENT_LENGTH = 0xffff; // after the end
    private static final int LOCATOR = 0x07064b50; // of the end with 64-bit numbers
    private static final int LOCATOR_BYTES = 20;
    private static final int LONG_END = 0x06064b50;
    private static final int LONG_END_BYTES = 56;
    private static final int RECORD = 0x02014b50;
    private static final int RECORD_BYTES = 46;
    private static final int LOCAL = 0x04034b50;
    private static final int LOCAL_BYTES = 30;
    private static final int LONG_NUMBERS = 1; // extra field with the numbers that do not fit 32 bits
    private static final long IN_EXTRA_FIELD = 0xffffffffL;
    private static final int ENCRYPTED = 1;

    /**
     * A file in the archive.
     *
     * @param header where the header before its content begins
     * @param bytes of its content
     */
    record Entry(String name, long header, long bytes) {}

    private final FileInput in;
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    private StoredZip(FileInput in) {
        this.in = in;
    }

    /** @param directoryBytes how long the directory may be */
    static StoredZip read(FileInput in, long directoryBytes) throws IOException {
        StoredZip zip = new StoredZip(in);
        zip.readDirectory(directoryBytes);
        return zip;
    }

    Collection<Entry> entries() {
        return entries.values();
    }

    Optional<Entry> find(String name) {
        return Optional.ofNullable(entries.get(name));
    }

    /** Goes to the first byte of an entry's content. */
    void seek(Entry entry) throws IOException {
        if (entry.header() > in.size() - LOCAL_BYTES) {
            throw damaged(entry.header(), "entry '" + Printable.of(entry.name()) + "' is not in the file");
        }
        ByteBuffer header = block(entry.header(), LOCAL_BYTES);
        if (header.getInt(0) != LOCAL) {
            throw damaged(entry.header(), "entry '" + Printable.of(entry.name()) + "' is not where it is said to be");
        }
        long content = entry.header() + LOCAL_BYTES + unsigned(header, 26) + unsigned(header, 28);
        if (content > in.size() - entry.bytes()) {
            throw damaged(
                    entry.header(),
                    "entry '" + Printable.of(entry.name()) + "' of " + entry.bytes() + " bytes ends beyond the file");
        }
        in.seek(content);
    }

    private void readDirectory(long mostBytes) throws IOException {
        long end = findEnd();
        ByteBuffer numbers = block(end, END_BYTES);
        long count = unsigned(numbers, 10);
        long bytes = Integer.toUnsignedLong(numbers.getInt(12));
        long begin = Integer.toUnsignedLong(numbers.getInt(16));
        if (end >= LOCATOR_BYTES && block(end - LOCATOR_BYTES, LOCATOR_BYTES).getInt(0) == LOCATOR) {
            long place = block(end - LOCATOR_BYTES, LOCATOR_BYTES).getLong(8);
            if (place < 0 || place > end - LOCATOR_BYTES - LONG_END_BYTES) {
                throw damaged(end, "its end is said to be at byte " + Long.toUnsignedString(place));
            }
            numbers = block(place, LONG_END_BYTES);
            if (numbers.getInt(0) != LONG_END) {
                throw damaged(place, "its end is not where it is said to be");
            }
            count = numbers.getLong(32);
            bytes = numbers.getLong(40);
            begin = numbers.getLong(48);
            end = place;
        }
        if (begin < 0 || bytes < 0 || begin > end || bytes > end - begin || count < 0 || count > bytes / RECORD_BYTES) {
            throw damaged(
                    end,
                    "its directory is said to have " + Long.toUnsignedString(count) + " entries in "
                            + Long.toUnsignedString(bytes) + " bytes from byte " + Long.toUnsignedString(begin)
                            + " on, but it ends at byte " + end);
        }
        if (bytes > mostBytes) {
            throw new WeightsException(
                    in.name(),
                    "the zip archive's directory has " + bytes + " bytes, where " + mostBytes + " are allowed");
        }
        in.seek(begin);
        long contents = 0;
        for (long i = 0; i < count; i++) {
            contents += readRecord(begin + bytes);
            if (contents > in.size()) {
                throw new WeightsException(
                        in.name(),
                        "the first " + (i + 1) + " entries of the zip archive claim more than the " + in.size()
                                + " bytes of the file");
            }
        }
    }

    /** Where the record that ends the archive begins; only a comment may follow it. */
    private long findEnd() throws IOException {
        int length = (int) Math.min(in.size(), END_BYTES + MAX_COMMENT_LENGTH);
        long from = in.size() - length;
        ByteBuffer tail = block(from, length);
        for (int at = length - END_BYTES; at >= 0; at--) {
            if (tail.getInt(at) == END && unsigned(tail, at + 20) == length - END_BYTES - at) {
                return from + at;
            }
        }
        throw damaged(in.size(), "it has no end");
    }

    /** Reads the next record of the directory; how long the entry's content is. */
    private long readRecord(long directoryEnd) throws IOException {
        long at = in.position();
        if (at > directoryEnd - RECORD_BYTES) {
            throw damaged(at, "its directory ends before its last entry");
        }
        ByteBuffer record = block(at, RECORD_BYTES);
        int nameBytes = unsigned(record, 28);
        int extraBytes = unsigned(record, 30);
        int commentBytes = unsigned(record, 32);
        if (record.getInt(0) != RECORD || at + RECORD_BYTES + nameBytes + extraBytes + commentBytes > directoryEnd) {
            throw damaged(at, "an entry of its directory is none");
        }
        String name = new String(block(in.position(), nameBytes).array(), StandardCharsets.UTF_8);
        ByteBuffer extra = block(in.position(), extraBytes);
        in.seek(in.position() + commentBytes);

        long stored = Integer.toUnsignedLong(record.getInt(20));
        long bytes = Integer.toUnsignedLong(record.getInt(24));
        long header = Integer.toUnsignedLong(record.getInt(42));
        ByteBuffer longNumbers = longNumbers(extra);
        bytes = bytes == IN_EXTRA_FIELD ? next(longNumbers, at) : bytes;
        stored = stored == IN_EXTRA_FIELD ? next(longNumbers, at) : stored;
        header = header == IN_EXTRA_FIELD ? next(longNumbers, at) : header;
        String subject = "its entry '" + Printable.of(name) + "' ";
        if ((unsigned(record, 8) & ENCRYPTED) != 0) {
            throw new WeightsException(in.name(), subject + "is encrypted");
        }
        if (name.contains("/code/") || name.endsWith("/constants.pkl")) {
            throw new WeightsException(
                    in.name(),
                    "is a TorchScript program, which is not run; in Python, torch.save(torch.jit.load('"
                            + Printable.of(in.name()) + "').state_dict(), 'weights.pth') saves weights that are read");
        }
        if (unsigned(record, 10) != 0 || stored != bytes) {
            throw new WeightsException(
                    in.name(), subject + "is compressed, which torch never does; save the file again with torch.save");
        }
        if (bytes > in.size()) {
            throw new WeightsException(
                    in.name(), subject + "claims " + bytes + " bytes, more than the " + in.size() + " of the file");
        }
        if (entries.putIfAbsent(name, new Entry(name, header, bytes)) != null) {
            throw new WeightsException(in.name(), subject + "comes twice");
        }
        return bytes;
    }

    /** The numbers in an entry's extra fields, each two bytes of kind, two of length, then its content. */
    private static ByteBuffer longNumbers(ByteBuffer extra) {
        while (extra.remaining() >= 4) {
            int kind = Short.toUnsignedInt(extra.getShort());
            int length = Math.min(Short.toUnsignedInt(extra.getShort()), extra.remaining());
            if (kind == LONG_NUMBERS) {
                return extra.slice(extra.position(), length).order(ByteOrder.LITTLE_ENDIAN);
            }
            extra.position(extra.position() + length);
        }
        return ByteBuffer.allocate(0);
    }

    private long next(ByteBuffer longNumbers, long at) throws WeightsException {
        long number = longNumbers.remaining() < Long.BYTES ? -1 : longNumbers.getLong();
        if (number < 0) {
            throw damaged(at, "an entry of its directory lacks a number or has one beyond 63 bits");
        }
        return number;
    }

    private ByteBuffer block(long place, int bytes) throws IOException {
        byte[] block = new byte[bytes];
        in.seek(place);
        in.fill(block, bytes);
        return ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static int unsigned(ByteBuffer from, int at) {
        return Short.toUnsignedInt(from.getShort(at));
    }

    private WeightsException damaged(long at, String what) {
        return WeightsException.at(
                at, in.name(), "the zip archive cannot be read; it may be truncated or damaged: " + what);
    }
}
