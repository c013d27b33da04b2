package dev.kinglet.weights;

import static dev.kinglet.weights.FilesOnDisk.hex;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.kinglet.network.NdArray;
import dev.kinglet.network.Tensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class SafetensorsTest {
    @TempDir
    private Path folder;

    private static Tensors mixed() {
        Map<String, NdArray> tensors = new LinkedHashMap<>();
        tensors.put("conv.weight", new NdArray.Floats(List.of(2, 2), new float[] {1, -2, 0.5f, Float.MIN_VALUE}));
        tensors.put("steps", NdArray.Longs.scalar(Long.MIN_VALUE));
        tensors.put("bias", new NdArray.Floats(List.of(1), new float[] {Float.NaN}));
        tensors.put("index", new NdArray.Longs(List.of(3), new long[] {2, 0, -1}));
        tensors.put("none", new NdArray.Floats(List.of(3, 0, 2), new float[0]));
        tensors.put("scale", new NdArray.Floats(List.of(), new float[] {3}));
        return new Tensors(tensors);
    }

    @Test
    void what_is_written_is_read_in_its_order() throws IOException {
        Path file = folder.resolve("new").resolve("w.safetensors");
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("z", "first");
        metadata.put("labels", "[\"\u00e9\", \"quote \\\" and \u4e2d\"]");

        Safetensors.write(file, mixed(), metadata);
        WeightFile read = Safetensors.read(file);

        assertThat(read.tensors()).isEqualTo(mixed());
        assertThat(read.tensors().names()).containsExactlyElementsOf(mixed().names());
        assertThat(read.metadata()).isEqualTo(metadata);
        assertThat(read.metadata().keySet()).containsExactly("z", "labels");
        assertThat(read.source()).isEqualTo(file.toString());
    }

    @Test
    void a_file_of_nothing_is_read_back() throws IOException {
        Path file = folder.resolve("none.safetensors");

        Safetensors.write(file, new Tensors(Map.of()), Map.of());

        assertThat(Safetensors.read(file).tensors().names()).isEmpty();
        assertThat(Safetensors.read(file).metadata()).isEmpty();
    }

    @Test
    void arrays_larger_than_a_piece_are_read_back() throws IOException {
        Path file = folder.resolve("large.safetensors");
        Random random = new Random(7);
        float[] values = new float[100_003];
        long[] counts = new long[50_001];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat();
        }
        for (int i = 0; i < counts.length; i++) {
            counts[i] = random.nextLong();
        }
        Tensors tensors = new Tensors(Map.of(
                "values", new NdArray.Floats(List.of(values.length), values),
                "counts", new NdArray.Longs(List.of(3, counts.length / 3), counts)));

        Safetensors.write(file, tensors, Map.of());

        assertThat(Safetensors.read(file).tensors()).isEqualTo(tensors);
    }

    @Test
    void a_file_has_the_bytes_the_format_says() throws IOException {
        Path file = folder.resolve("w.safetensors");
        Map<String, NdArray> tensors = new LinkedHashMap<>();
        tensors.put("w", new NdArray.Floats(List.of(2), new float[] {1, -2}));
        tensors.put("n", NdArray.Longs.scalar(5));

        Safetensors.write(file, new Tensors(tensors), Map.of("model", "m"));

        // integers come first in the data, so that both begin at multiples of 8; the sum is CRC-32C of the 16 bytes
        String header = "{\"__metadata__\":{\"model\":\"m\",\"kinglet.checksum\":\"crc32c:50667bbc\"},"
                + "\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]},"
                + "\"n\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]}}";
        String padded = header + " ".repeat(Math.floorMod(-header.length(), 8));
        byte[] expected = ByteBuffer.allocate(8 + padded.length() + 16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(padded.length())
                .put(padded.getBytes(StandardCharsets.UTF_8))
                .putLong(5)
                .putFloat(1)
                .putFloat(-2)
                .array();
        assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
                .isEqualTo(new String(expected, StandardCharsets.ISO_8859_1));
    }

    // spotless:off: one line a type
    static Stream<Arguments> types() {
        return Stream.of(
                arguments("F64", "000000000000f83f 000000000000f0ff", new NdArray.Floats(List.of(2), new float[] {1.5f, Float.NEGATIVE_INFINITY})),
                arguments("F32", "0000c03f 000080ff", new NdArray.Floats(List.of(2), new float[] {1.5f, Float.NEGATIVE_INFINITY})),
                arguments("F16", "003e 00fc", new NdArray.Floats(List.of(2), new float[] {1.5f, Float.NEGATIVE_INFINITY})),
                arguments("BF16", "c03f 80ff", new NdArray.Floats(List.of(2), new float[] {1.5f, Float.NEGATIVE_INFINITY})),
                arguments("I64", "0100000000000080 feffffffffffffff", new NdArray.Longs(List.of(2), new long[] {Long.MIN_VALUE + 1, -2})),
                arguments("I32", "01000080 feffffff", new NdArray.Longs(List.of(2), new long[] {Integer.MIN_VALUE + 1, -2})),
                arguments("I16", "0180 feff", new NdArray.Longs(List.of(2), new long[] {Short.MIN_VALUE + 1, -2})),
                arguments("I8", "81 fe", new NdArray.Longs(List.of(2), new long[] {-127, -2})),
                arguments("U8", "81 fe", new NdArray.Longs(List.of(2), new long[] {129, 254})),
                arguments("BOOL", "01 00", new NdArray.Longs(List.of(2), new long[] {1, 0})));
    }
    // spotless:on

    @ParameterizedTest
    @MethodSource("types")
    void every_type_is_read(String dtype, String data, NdArray expected) throws IOException {
        byte[] bytes = hex(data);
        Path file = FilesOnDisk.safetensors(
                folder,
                "{\"a\":{\"dtype\":\"" + dtype + "\",\"shape\":[2],\"data_offsets\":[0," + bytes.length + "]}}",
                bytes);

        assertThat(Safetensors.read(file).tensors().get("a")).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "0000, 0x0p0",
        "8000, -0x0p0",
        "0001, 0x1p-24",
        "03ff, 0x3ffp-24",
        "83ff, -0x3ffp-24",
        "0400, 0x1p-14",
        "3c00, 0x1p0",
        "3555, 0x1.554p-2",
        "c000, -0x1p1",
        "7bff, 65504",
        "7c00, Infinity",
        "fc00, -Infinity",
        "7e00, NaN"
    })
    void halves_are_floats_exactly(String half, float expected) {
        assertThat(ElementType.halfToFloat((short) Integer.parseInt(half, 16))).isEqualTo(Float.valueOf(expected));
    }

    @Test
    void files_of_others_keep_the_header_order_and_may_be_padded() throws IOException {
        Path file = FilesOnDisk.safetensors(
                folder,
                "{\"b\":{\"data_offsets\":[1,2],\"shape\":[],\"dtype\":\"U8\",\"more\":[{}]},"
                        + "\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
                        + "\"e\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[1,1]}}   ",
                (byte) 7,
                (byte) 9);

        WeightFile read = Safetensors.read(file);

        assertThat(read.tensors().names()).containsExactly("b", "a", "e");
        assertThat(read.tensors().get("b")).isEqualTo(NdArray.Longs.scalar(9));
        assertThat(read.metadata()).isEmpty();
    }

    @Test
    void a_changed_byte_of_the_data_is_noticed() throws IOException {
        Path file = folder.resolve("w.safetensors");
        Safetensors.write(file, mixed(), Map.of());
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 1] ^= 1;
        Files.write(file, bytes);

        assertThatThrownBy(() -> Safetensors.read(file))
                .isInstanceOf(WeightsException.class)
                .hasMessageStartingWith(file + ": the file is damaged: its data has the checksum crc32c:");
    }

    @Test
    void every_truncation_is_refused() throws IOException {
        Path file = folder.resolve("w.safetensors");
        Safetensors.write(file, mixed(), Map.of("key", "value"));
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> Safetensors.read(file)).isInstanceOf(WeightsException.class);
        }
    }

    // spotless:off: one line a case
    static Stream<Arguments> malformed() {
        String a = "{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}";
        return Stream.of(
                arguments("[]", 0, "the header is to be a JSON object (at byte 8)"),
                arguments("{\"a\":1}", 0, "'a' is to be a JSON object"),
                arguments("{\"a\":{}}", 0, "tensor 'a' needs a dtype, a shape and two data_offsets (at byte "),
                arguments("{\"a\"", 0, "the header is not JSON"),
                arguments("{} x", 0, "the header is not JSON"),
                arguments("{}{}", 0, "the header goes on after its end"),
                arguments("{\"a\":" + a + "}", 1, "ends at byte 2 of the data, but the file has only 1 bytes of data; it may be truncated"),
                arguments("{\"a\":" + a + "}", 3, "has 3 bytes of data, but its tensors only 2 bytes"),
                arguments("{\"a\":" + a + ",\"a\":" + a + "}", 2, "tensor 'a' comes twice"),
                arguments("{\"a\":" + a + ",\"b\":" + a + "}", 4, "tensor 'b' begins at byte 0 of the data, inside another tensor; expected 2"),
                arguments("{\"a\":" + a + ",\"b\":" + a.replace("[0,2]", "[1,3]") + "}", 4, "begins at byte 1 of the data, inside another tensor"),
                arguments("{\"a\":" + a.replace("[0,2]", "[1,3]") + "}", 3, "begins at byte 1 of the data, after a gap; expected 0"),
                arguments("{\"a\":" + a.replace("[0,2]", "[2,0]") + "}", 2, "tensor 'a' of U8 [2] has 2 bytes, but its offsets are 2 to 0"),
                arguments("{\"a\":" + a.replace("[0,2]", "[0,3]") + "}", 3, "tensor 'a' of U8 [2] has 2 bytes, but its offsets are 0 to 3"),
                arguments("{\"a\":" + a.replace("[0,2]", "[0]") + "}", 2, "two data_offsets"),
                arguments("{\"a\":" + a.replace("[0,2]", "[0,1152921504606846976]") + "}", 2, "has 2 bytes, but its offsets are 0 to 1152921504606846976"),
                arguments("{\"a\":" + a.replace("[0,2]", "[-2,0]") + "}", 2, "not an array of whole numbers"),
                arguments("{\"a\":" + a.replace("[0,2]", "[0,18446744073709551615]") + "}", 2, "not an array of whole numbers"),
                arguments("{\"a\":" + a.replace("[2]", "[1152921504606846976]") + "}", 2, "not an array of whole numbers from 0 to 2147483647"),
                arguments("{\"a\":" + a.replace("[2]", "[2147483647,2147483647,2147483647]") + "}", 2, "more than the 2147483639 elements allowed"),
                arguments("{\"a\":" + a.replace("[2]", "[1" + ",1".repeat(32) + "]") + "}", 2, "33 dimensions"),
                arguments("{\"a\":" + a.replace("[2]", "[2.0]") + "}", 2, "not an array of whole numbers"),
                arguments("{\"a\":" + a.replace("[2]", "2") + "}", 2, "not an array of whole numbers"),
                arguments("{\"a\":" + a.replace("U8", "C64") + "}", 2, "tensor 'a' is of dtype 'C64', which is not one of F64, F32, F16,"),
                arguments("{\"a\":" + a.replace("\"shape\"", "\"dtype\"") + "}", 2, "tensor 'a' has 'dtype' twice"),
                arguments("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "__metadata__ comes twice"),
                arguments("{\"__metadata__\":{\"k\":\"\",\"k\":\"\"}}", 0, "metadata 'k' comes twice"),
                arguments("{\"__metadata__\":{\"k\":1}}", 0, "metadata 'k' is to be a text"),
                arguments("{\"a\":{\"x\":" + "[".repeat(100) + "]".repeat(100) + "}}", 0, "the header is not JSON"),
                arguments("{\"a\\n\\u001b\":1}", 0, "'a??' is to be a JSON object"));
    }
    // spotless:on

    @ParameterizedTest
    @MethodSource("malformed")
    void malformed_files_are_refused_in_one_line(String header, int dataBytes, String message) throws IOException {
        Path file = FilesOnDisk.safetensors(folder, header, new byte[dataBytes]);

        assertThatThrownBy(() -> Safetensors.read(file))
                .isInstanceOf(WeightsException.class)
                .hasMessageStartingWith(file + ": ")
                .message()
                .contains(message)
                .doesNotContain("\n");
    }

    @ParameterizedTest
    @CsvSource({"1152921504606846976", "-1", "3", "9223372036854775807"})
    void a_header_longer_than_the_file_is_refused_before_anything_is_allocated(long claimed) throws IOException {
        Path file = FilesOnDisk.safetensors(folder, claimed, "{}");

        assertThatThrownBy(() -> Safetensors.read(file))
                .isInstanceOf(WeightsException.class)
                .hasMessageContaining(
                        "the header claims " + Long.toUnsignedString(claimed) + " bytes, but the file has 2");
    }

    @Test
    void limits_are_kept() throws IOException {
        Path file = folder.resolve("w.safetensors");
        Safetensors.write(file, mixed(), Map.of());

        assertThatThrownBy(() -> Safetensors.read(file, new WeightLimits(100, 10, 1000)))
                .hasMessageContaining("at most 100 are allowed");
        assertThatThrownBy(() -> Safetensors.read(file, new WeightLimits(1000, 5, 1000)))
                .hasMessageContaining("more than 5 tensors");
        assertThatThrownBy(() -> Safetensors.read(file, new WeightLimits(1000, 6, 55)))
                .hasMessageContaining("its tensors need 56 bytes, where 55 are allowed");
        assertThat(Safetensors.read(file, new WeightLimits(1000, 6, 56)).tensors())
                .isEqualTo(mixed());
    }

    @Test
    void names_the_format_needs_itself_are_the_callers_mistake() {
        Path file = folder.resolve("w.safetensors");
        Tensors reserved = new Tensors(Map.of("__metadata__", NdArray.Longs.scalar(1)));

        assertThatThrownBy(() -> Safetensors.write(file, reserved, Map.of()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Safetensors.write(file, mixed(), Map.of("kinglet.checksum", "mine")))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(file).doesNotExist();
    }

    @Test
    void a_file_that_is_not_there_is_named() {
        assertThatThrownBy(() -> Safetensors.read(folder.resolve("absent")))
                .isInstanceOf(WeightsException.class)
                .hasMessage(folder.resolve("absent") + ": there is no such file");
        assertThatThrownBy(() -> Safetensors.read(folder)).hasMessageStartingWith(folder + ": is not a file");
    }

    @Test
    void whatever_is_changed_in_a_file_it_is_read_or_refused() throws IOException {
        Path file = folder.resolve("w.safetensors");
        Safetensors.write(file, mixed(), Map.of("key", "value"));
        byte[] whole = Files.readAllBytes(file);
        long seed = 11;
        Random random = new Random(seed);
        for (int round = 0; round < 1000; round++) {
            byte[] bytes = whole.clone();
            for (int change = random.nextInt(3); change >= 0; change--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            Files.write(file, bytes);
            try {
                Safetensors.read(file);
            } catch (WeightsException expected) {
                assertThat(expected)
                        .as("seed %d, round %d", seed, round)
                        .message()
                        .doesNotContain("\n");
            }
        }
    }
}
