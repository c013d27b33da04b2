package dev.kinglet.image;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/** Images as PNG: 8-bit RGB, rows unfiltered. For images that have no encoded form of their own. */
public final class PngWriter {
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

    private PngWriter() {}

    /** An image, compressed as zlib does by default. */
    public static byte[] encode(RgbImage image) {
        return encode(image, Deflater.DEFAULT_COMPRESSION);
    }

    /** An image, compressed in half the time; of a photo hardly larger. */
    public static byte[] encodeFast(RgbImage image) {
        return encode(image, Deflater.BEST_SPEED);
    }

    private static byte[] encode(RgbImage image, int level) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.write(SIGNATURE);
            ByteArrayOutputStream header = new ByteArrayOutputStream();
            DataOutputStream fields = new DataOutputStream(header);
            fields.writeInt(image.width());
            fields.writeInt(image.height());
            fields.write(new byte[] {8, 2, 0, 0, 0}); // bits a channel, RGB, deflate, filters, not interlaced
            chunk(out, "IHDR", header.toByteArray());
            chunk(out, "IDAT", rows(image, level));
            chunk(out, "IEND", new byte[0]);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // memory does not fail
        }
        return bytes.toByteArray();
    }

    private static byte[] rows(RgbImage image, int level) throws IOException {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        Deflater deflater = new Deflater(level);
        try (DeflaterOutputStream out = new DeflaterOutputStream(compressed, deflater)) {
            int stride = 3 * image.width();
            for (int row = 0; row < image.height(); row++) {
                out.write(0); // the row's filter: none
                out.write(image.rgb(), row * stride, stride);
            }
        } finally {
            deflater.end();
        }
        return compressed.toByteArray();
    }

    private static void chunk(DataOutputStream out, String type, byte[] body) throws IOException {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        CRC32 checksum = new CRC32();
        checksum.update(name);
        checksum.update(body);
        out.writeInt(body.length);
        out.write(name);
        out.write(body);
        out.writeInt((int) checksum.getValue());
    }
}
