package dev.kinglet.weights;

import static dev.kinglet.weights.FilesOnDisk.hex;
import static dev.kinglet.weights.TorchFiles.stream;
import static dev.kinglet.weights.TorchFiles.tensor;
import static dev.kinglet.weights.TorchFiles.zip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.kinglet.network.NdArray;
import dev.kinglet.weights.TorchFiles.Storage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Torch's types, orders and views, in the zip and in the stream. */
class TorchTypesTest {
    @TempDir
    private Path folder;

    private NdArray read(byte[] content) throws IOException {
        return WeightFile.read(Files.write(folder.resolve("file"), content))
                .tensors()
                .get("w");
    }

    // spotless:off: one line a type
    static Stream<Arguments> types() {
        float[] floats = {1.5f, -2, 65504, 0x1p-14f, 0, Float.NEGATIVE_INFINITY};
        float[] coarse = {1.5f, -2, 65536, 0x1p-100f, 0, Float.NEGATIVE_INFINITY};
        long[] bytes = {1, -2, 127, -128, 0, -1};
        return Stream.of(
                arguments("DoubleStorage", 8, "000000000000f83f 00000000000000c0 0000000000fcef40 000000000000103f 0000000000000000 000000000000f0ff", floats(floats)),
                arguments("FloatStorage", 4, "0000c03f 000000c0 00e07f47 00008038 00000000 000080ff", floats(floats)),
                arguments("HalfStorage", 2, "003e 00c0 ff7b 0004 0000 00fc", floats(floats)),
                arguments("BFloat16Storage", 2, "c03f 00c0 8047 800d 0000 80ff", floats(coarse)),
                arguments("LongStorage", 8, "0100000000000000 feffffffffffffff 7f00000000000000 80ffffffffffffff 0000000000000000 ffffffffffffffff", longs(bytes)),
                arguments("IntStorage", 4, "01000000 feffffff 7f000000 80ffffff 00000000 ffffffff", longs(bytes)),
                arguments("ShortStorage", 2, "0100 feff 7f00 80ff 0000 ffff", longs(bytes)),
                arguments("CharStorage", 1, "01 fe 7f 80 00 ff", longs(bytes)),
                arguments("ByteStorage", 1, "01 fe 7f 80 00 ff", longs(1, 254, 127, 128, 0, 255)),
                arguments("BoolStorage", 1, "01 00 01 01 00 00", longs(1, 0, 1, 1, 0, 0)));
    }
    // spotless:on

    private static NdArray floats(float... values) {
        return new NdArray.Floats(List.of(2, 3), values);
    }

    private static NdArray longs(long... values) {
        return new NdArray.Longs(List.of(2, 3), values);
    }

    @ParameterizedTest
    @MethodSource("types")
    void every_type_is_read_from_zip_and_stream_in_both_orders(
            String type, int elementBytes, String littleEndian, NdArray expected) throws IOException {
        Storage little = new Storage(type, "0", 6, hex(littleEndian));
        Storage big = new Storage(type, "0", 6, reversed(hex(littleEndian), elementBytes));
        byte[] pickle = Pickles.of(Map.of("w", tensor(little, 0, List.of(2, 3), List.of(3, 1))));

        assertThat(read(zip(pickle, "little", little))).isEqualTo(expected);
        assertThat(read(zip(pickle, "big", big))).isEqualTo(expected);
        assertThat(read(stream(pickle, true, little))).isEqualTo(expected);
        assertThat(read(stream(pickle, false, big))).isEqualTo(expected);
    }

    private static byte[] reversed(byte[] bytes, int elementBytes) {
        byte[] reversed = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            reversed[i] = bytes[i / elementBytes * elementBytes + elementBytes - 1 - i % elementBytes];
        }
        return reversed;
    }

    @ParameterizedTest
    @MethodSource("types")
    void a_view_that_is_not_contiguous_becomes_an_array_of_its_own(
            String type, int elementBytes, String littleEndian, NdArray all) throws IOException {
        Storage storage = new Storage(type, "0", 6, hex(littleEndian));
        Object transposed = Map.of("w", tensor(storage, 0, List.of(3, 2), List.of(1, 3)));
        Object lastColumn = Map.of("w", tensor(storage, 2, List.of(2), List.of(3)));
        Object repeated = Map.of("w", tensor(storage, 1, List.of(2, 1, 2), List.of(0, 9, 1)));

        for (byte[] file : List.of(zip(transposed, storage), stream(transposed, storage))) {
            assertThat(read(file)).isEqualTo(picked(all, List.of(3, 2), 0, 3, 1, 4, 2, 5));
        }
        for (byte[] file : List.of(zip(lastColumn, storage), stream(lastColumn, storage))) {
            assertThat(read(file)).isEqualTo(picked(all, List.of(2), 2, 5));
        }
        for (byte[] file : List.of(zip(repeated, storage), stream(repeated, storage))) {
            assertThat(read(file)).isEqualTo(picked(all, List.of(2, 1, 2), 1, 2, 1, 2));
        }
    }

    private static NdArray picked(NdArray from, List<Integer> dims, int... positions) {
        if (from instanceof NdArray.Floats floats) {
            float[] values = new float[positions.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = floats.values()[positions[i]];
            }
            return new NdArray.Floats(dims, values);
        }
        long[] values = new long[positions.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = ((NdArray.Longs) from).values()[positions[i]];
        }
        return new NdArray.Longs(dims, values);
    }

    @Test
    void an_archive_may_have_a_comment_and_numbers_of_64_bits() throws IOException {
        Storage storage = TorchFiles.floats("0", 0, 1, 2, 3, 4, 5);
        Object root = Map.of("w", tensor(storage, 0, List.of(2, 3), List.of(3, 1)));
        List<Zips.Entry> entries = TorchFiles.entries(Pickles.of(root), "little", storage);
        List<Zips.Entry> wide = new ArrayList<>();
        entries.forEach(entry -> wide.add(entry.widened()));
        NdArray expected = floats(0, 1, 2, 3, 4, 5);

        assertThat(read(Zips.of(entries, "PK\5\6 is not the end where a comment goes on for so long")))
                .isEqualTo(expected);
        assertThat(read(Zips.of(wide))).isEqualTo(expected);
        assertThat(read(Zips.withLongEnd(Zips.of(wide), wide.size()))).isEqualTo(expected);
        assertThatThrownBy(() -> read(Zips.withLongEnd(Zips.of(wide), wide.size() + 1)))
                .hasMessageContaining("ends before its last entry");
    }
}
