package dev.kinglet.weights;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** Zip archives of stored entries, as torch writes them; what their directory claims may be made otherwise. */
final class Zips {
    /**
     * An entry.
     *
     * @param bytes how many the directory claims
     * @param wide whether the directory has that number in a field of 64 bits
     * @param header where the directory says it lies; null: where it is
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Entry(
            String name,
            byte[] content,
            int method,
            int flags,
            long bytes,
            boolean wide,
            @Nullable Long header) {
        Entry(String name, byte[] content) {
            this(name, content, 0, 0, content.length, false, null);
        }

        Entry compressed() {
            return new Entry(name, content, 8, flags, bytes, wide, header);
        }

        Entry encrypted() {
            return new Entry(name, content, method, 1, bytes, wide, header);
        }

        Entry claiming(long other) {
            return new Entry(name, content, method, flags, other, other >>> 32 != 0, header);
        }

        Entry widened() {
            return new Entry(name, content, method, flags, bytes, true, header);
        }

        Entry at(long other) {
            return new Entry(name, content, method, flags, bytes, wide, other);
        }
    }

    private Zips() {}

    static byte[] of(List<Entry> entries) {
        return of(entries, "");
    }

    static byte[] of(List<Entry> entries, String comment) {
        ByteArrayOutputStream contents = new ByteArrayOutputStream();
        ByteArrayOutputStream directory = new ByteArrayOutputStream();
        for (Entry entry : entries) {
            directory.writeBytes(record(entry, contents.size()));
            contents.writeBytes(local(entry));
            contents.writeBytes(entry.content());
        }
        byte[] end = new byte[22 + comment.length()];
        littleEndian(end)
                .putInt(0x06054b50)
                .putInt(0)
                .putShort((short) entries.size())
                .putShort((short) entries.size())
                .putInt(directory.size())
                .putInt(contents.size())
                .putShort((short) comment.length())
                .put(comment.getBytes(StandardCharsets.ISO_8859_1));
        contents.writeBytes(directory.toByteArray());
        contents.writeBytes(end);
        return contents.toByteArray();
    }

    /** The same archive with an end of 64-bit numbers, as torch writes it too, which claims so many entries. */
    static byte[] withLongEnd(byte[] zip, long entries) {
        int end = zip.length - 22; // without a comment
        ByteBuffer old = ByteBuffer.wrap(zip).order(ByteOrder.LITTLE_ENDIAN);
        byte[] longer = new byte[zip.length + 76];
        littleEndian(longer)
                .put(zip, 0, end)
                .putInt(0x06064b50)
                .putLong(44)
                .putInt(45 << 16 | 45)
                .putLong(0)
                .putLong(entries)
                .putLong(entries)
                .putLong(old.getInt(end + 12))
                .putLong(old.getInt(end + 16))
                .putInt(0x07064b50)
                .putInt(0)
                .putLong(end)
                .putInt(1)
                .put(zip, end, 8)
                .putInt(-1) // both counts: look in the other end
                .put(zip, end + 12, 10);
        return longer;
    }

    private static byte[] local(Entry entry) {
        byte[] name = entry.name().getBytes(StandardCharsets.UTF_8);
        byte[] local = new byte[30 + name.length];
        littleEndian(local)
                .putInt(0x04034b50)
                .putShort((short) 0)
                .putShort((short) entry.flags())
                .putShort((short) entry.method())
                .putInt(0)
                .putInt(crc(entry.content()))
                .putInt(entry.content().length)
                .putInt(entry.content().length)
                .putShort((short) name.length)
                .putShort((short) 0)
                .put(name);
        return local;
    }

    private static byte[] record(Entry entry, long place) {
        byte[] name = entry.name().getBytes(StandardCharsets.UTF_8);
        byte[] bytes = new byte[46 + name.length + (entry.wide() ? 24 : 0)];
        ByteBuffer record = littleEndian(bytes)
                .putInt(0x02014b50)
                .putInt(0)
                .putShort((short) entry.flags())
                .putShort((short) entry.method())
                .putInt(0)
                .putInt(crc(entry.content()))
                .putInt(entry.wide() ? -1 : (int) entry.bytes())
                .putInt(entry.wide() ? -1 : (int) entry.bytes())
                .putShort((short) name.length)
                .putShort((short) (entry.wide() ? 24 : 0))
                .putShort((short) 0)
                .putLong(0)
                .putInt((int) (entry.header() == null ? place : entry.header()))
                .put(name);
        if (entry.wide()) { // after some other field
            record.putInt(7)
                    .putShort((short) 1)
                    .putShort((short) 16)
                    .putLong(entry.bytes())
                    .putLong(entry.bytes());
        }
        return bytes;
    }

    private static int crc(byte[] content) {
        CRC32 crc = new CRC32();
        crc.update(content);
        return (int) crc.getValue();
    }

    private static ByteBuffer littleEndian(byte[] into) {
        return ByteBuffer.wrap(into).order(ByteOrder.LITTLE_ENDIAN);
    }
}
