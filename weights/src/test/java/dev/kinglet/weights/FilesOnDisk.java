package dev.kinglet.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/** Files that tests spell out. */
final class FilesOnDisk {
    private FilesOnDisk() {}

    /** A safetensors file with this header and data, its length as it is. */
    static Path safetensors(Path folder, String header, byte... data) throws IOException {
        return safetensors(folder, header.getBytes(StandardCharsets.UTF_8).length, header, data);
    }

    /** Likewise, with another length claimed. */
    static Path safetensors(Path folder, long headerBytes, String header, byte... data) throws IOException {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        return Files.write(
                folder.resolve("file.safetensors"),
                ByteBuffer.allocate(8 + text.length + data.length)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(headerBytes)
                        .put(text)
                        .put(data)
                        .array());
    }

    /** Bytes from hexadecimal digits, where blanks may stand between them. */
    static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits.replace(" ", ""));
    }
}
