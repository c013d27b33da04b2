package dev.kinglet.weights;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.kinglet.base.AtomicFile;
import dev.kinglet.base.Printable;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Tensors;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The safetensors format: the length of a header (8 bytes, little-endian), the header (JSON: for each tensor its dtype,
 * shape and place; texts under {@code __metadata__}), then the data, little-endian, without gaps.
 *
 * <p>Files written here carry a checksum of their data in the metadata, which reading verifies; other programs take it
 * for one text more. Tensors are described in their order; in the data those of integers come first, so that each begins
 * at a multiple of its element's size, as some readers need.
 */
public final class Safetensors {
    private static final String CHECKSUM = "kinglet.checksum";
    private static final String CHECKSUM_KIND = "crc32c:";
    private static final JsonFactory JSON = new JsonFactory();

    private Safetensors() {}

    /**
     * Reads a file: F64, F32, F16 and BF16 become floats, I64, I32, I16, I8, U8 and BOOL become integers.
     *
     * @throws WeightsException if it is malformed, damaged or beyond the limits; nothing of the size it claims has been
     *     allocated unless the file has that size
     */
    public static WeightFile read(Path file) throws IOException {
        return read(file, WeightLimits.defaults());
    }

    static WeightFile read(Path file, WeightLimits limits) throws IOException {
        try (FileInput in = FileInput.open(file)) {
            return read(in, limits);
        }
    }

    static WeightFile read(FileInput in, WeightLimits limits) throws IOException {
        SafetensorsHeader header = SafetensorsHeader.read(in, limits);
        CRC32C checksum = new CRC32C();
        ByteSource source = (into, count) -> {
            in.fill(into, count);
            checksum.update(into, 0, count);
        };
        Map<String, NdArray> arrays = new HashMap<>();
        for (SafetensorsHeader.Entry entry : header.entriesByPlace()) {
            arrays.put(entry.name(), ArrayCodec.read(entry.type(), ByteOrder.LITTLE_ENDIAN, entry.dims(), source));
        }
        Map<String, String> metadata = new LinkedHashMap<>(header.metadata());
        verify(in.name(), metadata.remove(CHECKSUM), checksum);

        Map<String, @Nullable NdArray> tensors = new LinkedHashMap<>();
        for (String name : header.entries().keySet()) {
            tensors.put(name, arrays.get(name));
        }
        return new WeightFile(in.name(), new Tensors(tensors), metadata);
    }

    private static void verify(String source, @Nullable String expected, CRC32C checksum) throws WeightsException {
        if (expected != null && !expected.equals(text(checksum))) {
            throw new WeightsException(
                    source,
                    "the file is damaged: its data has the checksum " + text(checksum) + ", its header says '"
                            + Printable.of(expected) + "'");
        }
    }

    private static String text(CRC32C checksum) {
        return CHECKSUM_KIND + String.format("%08x", checksum.getValue());
    }

    /**
     * Writes a file whole or not at all: floats as F32, integers as I64.
     *
     * @throws IllegalArgumentException if a tensor is named {@code __metadata__}, or the metadata has the checksum's key
     */
    public static void write(Path file, Tensors tensors, Map<String, String> metadata) throws IOException {
        if (tensors.has(SafetensorsHeader.METADATA)) {
            throw new IllegalArgumentException("a tensor cannot be named '" + SafetensorsHeader.METADATA + "'");
        }
        if (metadata.containsKey(CHECKSUM)) {
            throw new IllegalArgumentException("the metadata's '" + CHECKSUM + "' is the writer's own");
        }
        CRC32C checksum = new CRC32C();
        writeData(tensors, (bytes, count) -> checksum.update(bytes, 0, count));
        Map<String, String> texts = new LinkedHashMap<>(metadata);
        texts.put(CHECKSUM, text(checksum));
        byte[] header = padded(header(tensors, texts));
        AtomicFile.write(file, out -> {
            out.write(ByteBuffer.allocate(SafetensorsHeader.LENGTH_BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(header.length)
                    .array());
            out.write(header);
            writeData(tensors, (bytes, count) -> out.write(bytes, 0, count));
        });
    }

    private static void writeData(Tensors tensors, ArrayCodec.Sink sink) throws IOException {
        for (NdArray array : tensors.asMap().values()) {
            if (array instanceof NdArray.Longs) {
                ArrayCodec.write(array, sink);
            }
        }
        for (NdArray array : tensors.asMap().values()) {
            if (array instanceof NdArray.Floats) {
                ArrayCodec.write(array, sink);
            }
        }
    }

    private static byte[] header(Tensors tensors, Map<String, String> metadata) throws IOException {
        long nextLong = 0;
        long nextFloat = 0;
        for (NdArray array : tensors.asMap().values()) {
            nextFloat += array instanceof NdArray.Longs ? bytes(array) : 0;
        }
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(header)) {
            json.writeStartObject();
            json.writeObjectFieldStart(SafetensorsHeader.METADATA);
            for (Map.Entry<String, String> text : metadata.entrySet()) {
                json.writeStringField(text.getKey(), text.getValue());
            }
            json.writeEndObject();
            for (Map.Entry<String, NdArray> tensor : tensors.asMap().entrySet()) {
                NdArray array = tensor.getValue();
                boolean integers = array instanceof NdArray.Longs;
                long begin = integers ? nextLong : nextFloat;
                long end = begin + bytes(array);
                json.writeObjectFieldStart(tensor.getKey());
                json.writeStringField(SafetensorsHeader.DTYPE, (integers ? ElementType.I64 : ElementType.F32).name());
                json.writeArrayFieldStart(SafetensorsHeader.SHAPE);
                for (int dim : array.dims()) {
                    json.writeNumber(dim);
                }
                json.writeEndArray();
                json.writeFieldName(SafetensorsHeader.DATA_OFFSETS);
                json.writeArray(new long[] {begin, end}, 0, 2);
                json.writeEndObject();
                if (integers) {
                    nextLong = end;
                } else {
                    nextFloat = end;
                }
            }
            json.writeEndObject();
        }
        return header.toByteArray();
    }

    private static long bytes(NdArray array) {
        return (long) array.elements() * ArrayCodec.elementBytes(array);
    }

    /** With spaces, so that the data begins at a multiple of 8. */
    private static byte[] padded(byte[] header) {
        byte[] spaces = " ".repeat(Math.floorMod(-header.length, 8)).getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(header.length + spaces.length)
                .put(header)
                .put(spaces)
                .array();
    }
}
