package dev.kinglet.train.run;

import dev.kinglet.base.IoReason;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Scalars and images over steps in the format TensorBoard reads. A file is a row of records (length, its checksum, bytes, their
 * checksum; all little-endian), each a protocol-buffer {@code Event} of TensorFlow's {@code event.proto} and
 * {@code summary.proto}, of which few fields are needed.
 */
final class EventFile implements AutoCloseable {
    // fields of Event
    private static final int WALL_TIME = 1;
    private static final int STEP = 2;
    private static final int FILE_VERSION = 3;
    private static final int SUMMARY = 5;
    private static final int SESSION_LOG = 7;
    // Summary.value; Summary.Value.tag, .simple_value and .image; SessionLog.status and its value START
    private static final int VALUE = 1;
    private static final int TAG = 1;
    private static final int SIMPLE_VALUE = 2;
    private static final int IMAGE = 4;
    private static final int STATUS = 1;
    private static final int START = 1;
    // Summary.Image, its colorspace RGB, and where a PNG has width and height
    private static final int IMAGE_HEIGHT = 1;
    private static final int IMAGE_WIDTH = 2;
    private static final int COLORSPACE = 3;
    private static final int RGB = 3;
    private static final int ENCODED_IMAGE = 4;
    private static final int PNG_WIDTH = 16;
    private static final int PNG_HEIGHT = 20;
    // protocol-buffer wire types
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;

    private static final int MASK_DELTA = 0xa282ead8;

    private final Path file;
    private final OutputStream out;

    private EventFile(Path file, OutputStream out) {
        this.file = file;
        this.out = out;
    }

    /**
     * Begins a file of its own in a folder.
     *
     * @param firstStep what readers are to forget other files' events from; a run that goes on has repeated them
     */
    static EventFile create(Path folder, long firstStep) throws IOException {
        long seconds = Instant.now().getEpochSecond();
        int number = 0; // more than one only where a run goes on within a second
        Path file;
        do {
            file = folder.resolve("events.out.tfevents." + seconds + ".kinglet." + number++);
        } while (Files.exists(file));
        OutputStream raw = Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        EventFile events = new EventFile(file, new BufferedOutputStream(raw));
        events.write(new Message().bytes(FILE_VERSION, "brain.Event:2"), 0);
        events.write(new Message().bytes(SESSION_LOG, new Message().varint(STATUS, START)), firstStep);
        events.flush();
        return events;
    }

    /** Events that are written nowhere. */
    static EventFile none() {
        return new EventFile(Path.of(""), OutputStream.nullOutputStream());
    }

    /** Adds values by tag, {@code train/loss}, at a step. */
    void scalars(long step, Map<String, Double> values) throws IOException {
        Message summary = new Message();
        values.forEach((tag, value) ->
                summary.bytes(VALUE, new Message().bytes(TAG, tag).fixed32(SIMPLE_VALUE, value.floatValue())));
        write(new Message().bytes(SUMMARY, summary), step);
    }

    /** Adds a PNG under a tag, {@code val/confusion_matrix}, at a step. */
    void image(long step, String tag, byte[] png) throws IOException {
        ByteBuffer header = ByteBuffer.wrap(png);
        Message image = new Message()
                .varint(IMAGE_HEIGHT, header.getInt(PNG_HEIGHT))
                .varint(IMAGE_WIDTH, header.getInt(PNG_WIDTH))
                .varint(COLORSPACE, RGB)
                .bytes(ENCODED_IMAGE, png);
        Message value = new Message().bytes(TAG, tag).bytes(IMAGE, image);
        write(new Message().bytes(SUMMARY, new Message().bytes(VALUE, value)), step);
    }

    private void write(Message event, long step) throws IOException {
        Instant now = Instant.now();
        double seconds = now.getEpochSecond() + now.getNano() * 1e-9;
        byte[] bytes = event.fixed64(WALL_TIME, seconds).varint(STEP, step).toBytes();
        byte[] length = littleEndian(Long.BYTES).putLong(bytes.length).array();
        try {
            out.write(length);
            out.write(littleEndian(Integer.BYTES).putInt(maskedCrc(length)).array());
            out.write(bytes);
            out.write(littleEndian(Integer.BYTES).putInt(maskedCrc(bytes)).array());
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** Hands everything to the operating system. */
    void flush() throws IOException {
        try {
            out.flush();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private IOException failed(IOException e) {
        return new IOException("could not write " + file + ": " + IoReason.of(e), e);
    }

    @Override
    public void close() throws IOException {
        out.close();
    }

    /** CRC-32C, rotated and shifted as the format wants it, so that a checksum of checksums stays sound. */
    static int maskedCrc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return Integer.rotateRight((int) crc.getValue(), 15) + MASK_DELTA;
    }

    private static ByteBuffer littleEndian(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** A protocol-buffer message in the making: fields one after another. */
    private static final class Message {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        Message varint(int field, long value) {
            key(field, VARINT);
            return varint(value);
        }

        Message fixed32(int field, float value) {
            key(field, FIXED32);
            bytes.writeBytes(littleEndian(Float.BYTES).putFloat(value).array());
            return this;
        }

        Message fixed64(int field, double value) {
            key(field, FIXED64);
            bytes.writeBytes(littleEndian(Double.BYTES).putDouble(value).array());
            return this;
        }

        Message bytes(int field, String text) {
            return bytes(field, text.getBytes(StandardCharsets.UTF_8));
        }

        Message bytes(int field, Message message) {
            return bytes(field, message.toBytes());
        }

        Message bytes(int field, byte[] value) {
            key(field, BYTES);
            varint(value.length);
            bytes.writeBytes(value);
            return this;
        }

        private void key(int field, int wireType) {
            varint(((long) field << 3) | wireType);
        }

        private Message varint(long value) {
            long rest = value;
            while ((rest & ~0x7FL) != 0) {
                bytes.write((int) ((rest & 0x7F) | 0x80));
                rest >>>= 7;
            }
            bytes.write((int) rest);
            return this;
        }

        byte[] toBytes() {
            return bytes.toByteArray();
        }
    }
}
