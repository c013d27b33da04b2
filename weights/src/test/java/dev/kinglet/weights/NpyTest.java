package dev.kinglet.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.network.NdArray;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpyTest {
    @TempDir
    private Path folder;

    private Path file(int version, String header, String hexData) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) version, 0});
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < (version == 1 ? 2 : 4); i++) {
            out.write(text.length >>> (8 * i));
        }
        out.writeBytes(text);
        out.writeBytes(FilesOnDisk.hex(hexData));
        return Files.write(folder.resolve("a.npy"), out.toByteArray());
    }

    @Test
    void floats_are_written_as_numpy_writes_them() throws IOException {
        Path file = folder.resolve("x.npy");

        Npy.write(file, new NdArray.Floats(List.of(1, 2), new float[] {1, -2}));

        // numpy.save of numpy.array([[1, -2]], dtype='<f4'), numpy 2.4
        String header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }";
        assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
                .isEqualTo("\u0093NUMPY\1\0v\0" + header + " ".repeat(117 - header.length()) + "\n"
                        + "\0\0\u0080?\0\0\0\u00c0");
        assertThat(Npy.read(file)).isEqualTo(new NdArray.Floats(List.of(1, 2), new float[] {1, -2}));
    }

    @Test
    void bytes_are_written_and_read_back() throws IOException {
        Path file = folder.resolve("x.npy");

        Npy.write(file, List.of(3), new byte[] {0, 127, (byte) 255});

        assertThat(Npy.read(file)).isEqualTo(new NdArray.Longs(List.of(3), new long[] {0, 127, 255}));
        assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
                .contains("'shape': (3,), }");
        assertThat(Files.size(file) % 64).isEqualTo(3);
        assertThatThrownBy(() -> Npy.write(file, List.of(2), new byte[3])).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_scalar_and_an_empty_array_are_read_back() throws IOException {
        NdArray.Floats scalar = new NdArray.Floats(List.of(), new float[] {2});
        NdArray.Floats none = new NdArray.Floats(List.of(0, 3), new float[0]);

        Npy.write(folder.resolve("scalar"), scalar);
        Npy.write(folder.resolve("none"), none);

        assertThat(Npy.read(folder.resolve("scalar"))).isEqualTo(scalar);
        assertThat(Npy.read(folder.resolve("none"))).isEqualTo(none);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void doubles_are_read_from_every_version(int version) throws IOException {
        Path file = file(
                version,
                "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n",
                "000000000000f83f 00000000000000c0");

        assertThat(Npy.read(file)).isEqualTo(new NdArray.Floats(List.of(2), new float[] {1.5f, -2}));
    }

    @Test
    void the_other_orders_of_bytes_and_axes_are_read() throws IOException {
        Path bigEndian = file(1, "{'shape':(2,),'fortran_order':False,'descr':'>i2'}", "0001 fffe");
        assertThat(Npy.read(bigEndian)).isEqualTo(new NdArray.Longs(List.of(2), new long[] {1, -2}));

        Path fortran = file(1, "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }", "00 03 01 04 02 05");
        assertThat(Npy.read(fortran)).isEqualTo(new NdArray.Longs(List.of(2, 3), new long[] {0, 1, 2, 3, 4, 5}));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '"',
            value = {
                "{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}; has 12 bytes, but 8 follow (at byte",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}; has 4 bytes, but 8 follow",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2147483647, 2147483647)}; elements allowed",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296,)}; is not a shape",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (1 1)}; is not a shape",
                "{'descr': '<f4', 'fortran_order': False}; has a descr, a fortran_order and a shape",
                "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}; 'descr' twice",
                "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}; an array of '|O', where numbers",
                "{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}; an array of '<c8', where numbers",
                "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}; not a dictionary of plain values",
                "{'descr': __import__('os').system('id')}; not a dictionary of plain values",
                "x; not a dictionary of plain values"
            })
    void malformed_headers_are_refused(String header, String message) throws IOException {
        Path file = file(1, header, "0000000000000000");

        assertThatThrownBy(() -> Npy.read(file))
                .isInstanceOf(WeightsException.class)
                .hasMessageStartingWith(file + ": ")
                .message()
                .contains(message)
                .doesNotContain("\n");
    }

    @Test
    void other_files_and_truncated_ones_are_refused() throws IOException {
        Path file = folder.resolve("a.npy");
        Files.writeString(file, "PK");
        assertThatThrownBy(() -> Npy.read(file)).hasMessageContaining("is not a .npy file");

        Files.write(file, FilesOnDisk.hex("93 4e 55 4d 50 59 04 00 00 00"));
        assertThatThrownBy(() -> Npy.read(file)).hasMessageContaining("is .npy version 4, where 1 to 3 are read");

        Files.write(file, FilesOnDisk.hex("93 4e 55 4d 50 59 02 00 ff ff ff ff"));
        assertThatThrownBy(() -> Npy.read(file)).hasMessageContaining("the header claims 4294967295 bytes");

        Files.write(file, FilesOnDisk.hex("93 4e 55 4d 50 59 02 00 ff"));
        assertThatThrownBy(() -> Npy.read(file)).hasMessageContaining("ends where a length was expected");
    }

    @Test
    void the_limit_is_kept() throws IOException {
        Path file = file(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (3,)}", "000102");

        assertThatThrownBy(() -> Npy.read(file, new WeightLimits(1, 1, 23)))
                .hasMessageContaining("needs 24 bytes, where 23 are allowed");
    }

    @ParameterizedTest
    @CsvSource({"|u1, uint8, 1", "<f8, float64, 8", "<f2, float16, 2", ">i4, int32, 4", "|b1, bool, 1"})
    void a_file_is_described_by_its_own_type(String descr, String name, int bytes) throws IOException {
        String header = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (1, 3), }";
        Path file = Files.write(folder.resolve("a.npy"), NumpyFiles.npy(1, header, new byte[3 * bytes]));

        assertThat(Npy.describe(file)).isEqualTo(name + " [1, 3]");
    }
}
