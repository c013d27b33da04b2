package dev.kinglet.weights;

import static dev.kinglet.weights.NumpyFiles.array;
import static dev.kinglet.weights.NumpyFiles.npy;
import static dev.kinglet.weights.TorchFiles.entries;
import static dev.kinglet.weights.TorchFiles.floats;
import static dev.kinglet.weights.TorchFiles.stream;
import static dev.kinglet.weights.TorchFiles.tensor;
import static dev.kinglet.weights.TorchFiles.zip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import dev.kinglet.weights.Pickles.Call;
import dev.kinglet.weights.Pickles.Instructions;
import dev.kinglet.weights.TorchFiles.Storage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Files made to do harm: to run something, to fill the memory, to keep the reader busy, or to pass as something else.
 * Each is refused by a line that says why, soon, and without allocating what it asks for.
 */
class HostileFilesTest {
    private static final long MAX_BYTES = 200 << 20; // asked for by the thread that reads, released ones included
    private static final Duration MAX_LENGTH = Duration.ofSeconds(10); // a second on an idle machine
    private static final long HUGE = 1L << 60;

    private static final Storage SIX = floats("0", 0, 1, 2, 3, 4, 5);

    @TempDir
    private Path folder;

    /**
     * A file.
     *
     * @param why part of what is said of it
     */
    record Hostile(String name, Supplier<byte[]> content, String why) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Hostile file(String name, String why, Supplier<byte[]> content) {
        return new Hostile(name, content, why);
    }

    @ParameterizedTest
    @MethodSource({"code", "pickles", "copies", "zips", "streams", "tensors", "arrays", "safetensors", "npys", "others"
    })
    void a_hostile_file_is_refused_in_a_line_and_not_believed(Hostile hostile) throws IOException {
        Path file = Files.write(folder.resolve(hostile.name), hostile.content.get());

        long before = Allocation.bytes();
        Throwable refusal = assertTimeout(MAX_LENGTH, () -> catchThrowable(() -> read(file)));
        long allocated = Allocation.bytes() - before;

        assertThat(refusal)
                .isInstanceOf(WeightsException.class)
                .hasMessageStartingWith(file.toString())
                .message()
                .contains(hostile.why)
                .hasSizeLessThan(1000)
                .matches(message -> message.chars().noneMatch(Character::isISOControl), "is one line");
        assertThat(allocated).isLessThan(MAX_BYTES);
    }

    private static void read(Path file) throws IOException {
        if (file.toString().endsWith(".npy")) {
            Npy.read(file);
        } else {
            WeightFile.read(file);
        }
    }

    /** What the files below are but for their fault. */
    @Test
    void the_same_files_without_the_fault_are_read() throws IOException {
        Object root = Map.of("w", tensor(SIX, 0, List.of(2, 3), List.of(3, 1)));
        Path file = folder.resolve("file");
        for (byte[] content : List.of(
                zip(root, SIX),
                Zips.withLongEnd(zip(root, SIX), 4),
                stream(root, SIX),
                Pickles.of(Map.of("w", array("f4", List.of(2, 3), false, SIX.bytes()))),
                fileOf("{\"w\":" + entry("[2,3]", "[0,24]") + "}", SIX.bytes()))) {
            WeightFile read = WeightFile.read(Files.write(file, content));
            assertThat(read.tensors().floats("w")).containsExactly(0, 1, 2, 3, 4, 5);
            assertThat(read.tensors().get("w").dims()).containsExactly(2, 3);
        }
        Files.write(file, npy(1, npyHeader("<f4", "(2, 3)"), SIX.bytes()));
        assertThat(Npy.read(file).dims()).containsExactly(2, 3);
    }

    // ---- code

    static Stream<Hostile> code() {
        return Stream.of(
                        new Pickles.Name("posix", "system"),
                        new Pickles.Name("nt", "system"),
                        new Pickles.Name("os", "system"),
                        new Pickles.Name("builtins", "eval"),
                        new Pickles.Name("__builtin__", "eval"),
                        new Pickles.Name("builtins", "exec"),
                        new Pickles.Name("builtins", "getattr"),
                        new Pickles.Name("subprocess", "Popen"),
                        new Pickles.Name("torch.hub", "load"),
                        new Pickles.Name("torch._utils", "_rebuild_device_tensor_from_numpy"),
                        new Pickles.Name("java.lang.Runtime", "getRuntime"),
                        new Pickles.Name("__main__", "Gadget"))
                .flatMap(name -> {
                    String full = name.module() + "." + name.name();
                    Object root = Map.of("w", new Call(name, List.of("id")));
                    String why = "the file asks for '" + full + "', which is refused";
                    return Stream.of(
                            file(full + ".pth", why, () -> zip(root)),
                            file(full + ".pth.tar", why, () -> stream(root)),
                            file(full + ".pdparams", why, () -> Pickles.of(root)));
                });
    }

    // ---- pickles

    private static byte[] pickle(String latin1) {
        return ("\u0080\2" + latin1).getBytes(StandardCharsets.ISO_8859_1);
    }

    // spotless:off: one line a file
    static Stream<Hostile> pickles() {
        return Stream.of(
                file("key-twice.pdparams", "the key 'w' comes twice in a dictionary", () -> pickle("}(X\1\0\0\0wNX\1\0\0\0wNu.")),
                file("string-of-2^60.pdparams", "a length of 1152921504606846976 bytes, where at most", () -> pickle("\u008d\0\0\0\0\0\0\0\20.")),
                file("bytes-of-2^60.pdparams", "a length of 1152921504606846976 bytes, where at most", () -> pickle("\u008e\0\0\0\0\0\0\0\20.")),
                file("frame-of-2^60.pdparams", "a length of 1152921504606846976 bytes, where at most", () -> pickle("\u0095\0\0\0\0\0\0\0\20.")),
                file("string-of-4g.pdparams", "a length of 4294967295 bytes, where at most", () -> pickle("X\u00ff\u00ff\u00ff\u00ff.")),
                file("number-of-2g-bytes.pdparams", "a length of 4294967295 bytes, where at most", () -> pickle("\u008b\u00ff\u00ff\u00ff\u00ff.")),
                file("number-of-a-million-digits.pdparams", "a whole number of 1000000 digits is too long", () -> pickle("L" + "9".repeat(1_000_000) + "L\n.")),
                file("lists-in-lists.pdparams", "more than 100000 values on the stack", () -> pickle("]".repeat(1_000_000) + "a".repeat(999_999) + ".")),
                file("marks.pdparams", "more than 100000 values on the stack", () -> pickle("(".repeat(1_000_000) + ".")),
                file("memo.pdparams", "more than 500000 values kept for later", () -> pickle("N" + "\u0094".repeat(1_000_000) + ".")),
                file("sparse-memo.pdparams", "a reference outside the memo", () -> pickle("Nr\u00ff\u00ff\u00ff\u00ff.")),
                file("tuples-in-tuples.pdparams", "more than 500000 elements", () -> pickle(")" + "\u0085".repeat(1_000_000) + ".")),
                file("tuples-that-double.pdparams", "more than 500000 elements", () -> pickle(")" + "2\u0086".repeat(1_000_000) + ".")),
                file("dictionaries.pdparams", "more than 500000 elements", () -> pickle("](" + "}NNs".repeat(99_000) + "e(" + "}NNs".repeat(99_000) + "e(" + "}NNs".repeat(99_000) + "e.")),
                file("list-in-itself.pdparams", "holds no dictionary of tensors", () -> pickle("]q\0h\0a.")),
                file("dictionary-in-itself.pth", "holds no tensors; its entries are: state_dict", () -> zip(pickle("}q\0X\12\0\0\0state_dicth\0s."), "little")),
                file("size-in-itself.pth", "a dimension that is not a whole number", () -> zip(Map.of("w", tensor(SIX, 0, new Instructions("]q\7h\7a"), List.of(1))), SIX)),
                file("endless.pdparams", "the pickle ends in the middle", () -> pickle("N0".repeat(1_000_000))));
    }

    /** Two bytes name a long value again; what would be made of it each time is not. */
    static Stream<Hostile> copies() {
        String text = "X\0\0\20\0" + "x".repeat(1 << 20) + "q\0";
        String bytes = "B\0\0\20\0" + "x".repeat(1 << 20) + "q\0";
        return Stream.of(
                file("keys.pdparams", "strings copied to", () -> pickle(bytes + "0](" + "}h\0Ns".repeat(90_000) + "e.")),
                file("encoded.pdparams", "strings copied to", () -> pickle(text + "0c_codecs\nencode\nq\1](" + "h\1h\0X\6\0\0\0latin1\u0086R".repeat(90_000) + "e.")),
                file("ordered.pdparams", "more than 500000 elements", () -> pickle("](" + numbered(40_000) + "eq\0ccollections\nOrderedDict\nq\1](" + "h\1h\0\u0085R".repeat(90_000) + "e.")),
                file("references.pth", "a storage whose key has 1048576 characters", () -> zip(pickle(bytes + "0](" + "(X\7\0\0\0storagectorch\nFloatStorage\nh\0NK\1tQ".repeat(10_000) + "e."), "little")),
                file("arrays.pdparams", "is one of so many arrays of the same bytes", () -> Pickles.of(sharing(2_000))),
                file("views.pth", "is one of so many views of a storage that they copy it more than 4 times", () -> zip(views(2_000), new Storage("ByteStorage", "0", 1 << 20, new byte[1 << 20]))));
    }
    // spotless:on

    /** Pairs of a number and None. */
    private static String numbered(int count) {
        StringBuilder pairs = new StringBuilder();
        for (int i = 0; i < count; i++) {
            pairs.append('M').append((char) (i & 0xff)).append((char) (i >>> 8)).append("N\u0086");
        }
        return pairs.toString();
    }

    /** Arrays that are all of the same million bytes. */
    private static Map<Object, Object> sharing(int count) {
        Map<Object, Object> arrays = new LinkedHashMap<>();
        String megabyte = "B\0\0\20\0" + "x".repeat(1 << 20) + "q\0";
        for (int i = 0; i < count; i++) {
            arrays.put("w" + i, array("u1", List.of(1 << 20), false, new Instructions(i == 0 ? megabyte : "h\0")));
        }
        return arrays;
    }

    private static Map<Object, Object> views(int count) {
        Storage storage = new Storage("ByteStorage", "0", 1 << 20, new byte[0]);
        Map<Object, Object> views = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            views.put("w" + i, tensor(storage, 1, List.of((1 << 20) - 1), List.of(1)));
        }
        return views;
    }

    // ---- zip archives

    private static final Object ROOT = Map.of("w", tensor(SIX, 0, List.of(2, 3), List.of(3, 1)));

    private static byte[] changed(int index, UnaryOperator<Zips.Entry> change) {
        List<Zips.Entry> entries = new ArrayList<>(entries(Pickles.of(ROOT), "little", SIX));
        entries.set(index, change.apply(entries.get(index)));
        return Zips.of(entries);
    }

    private static byte[] adding(Zips.Entry... more) {
        List<Zips.Entry> entries = new ArrayList<>(entries(Pickles.of(ROOT), "little", SIX));
        entries.addAll(List.of(more));
        return Zips.of(entries);
    }

    private static byte[] deflated(int zeros) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (DeflaterOutputStream deflater = new DeflaterOutputStream(out, new Deflater(9, true))) {
            byte[] block = new byte[1 << 20];
            for (int i = 0; i < zeros >> 20; i++) {
                deflater.write(block);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toByteArray();
    }

    private static byte[] half(byte[] whole) {
        return Arrays.copyOf(whole, whole.length / 2);
    }

    // spotless:off: one line a file
    static Stream<Hostile> zips() {
        byte[] whole = zip(ROOT, SIX);
        return Stream.of(
                file("truncated.pth", "the zip archive cannot be read; it may be truncated or damaged: it has no end", () -> half(whole)),
                file("bomb.pth", "its entry 'archive/data/1' is compressed", () -> adding(new Zips.Entry("archive/data/1", deflated(64 << 20)).compressed())),
                file("compressed-pickle.pth", "its entry 'archive/data.pkl' is compressed", () -> changed(0, Zips.Entry::compressed)),
                file("encrypted.pth", "its entry 'archive/data.pkl' is encrypted", () -> changed(0, Zips.Entry::encrypted)),
                file("entry-of-2^60.pth", "its entry 'archive/data/0' claims 1152921504606846976 bytes, more than the", () -> changed(2, e -> e.claiming(HUGE))),
                file("entry-of-2^63.pth", "lacks a number or has one beyond 63 bits", () -> changed(2, e -> e.claiming(Long.MIN_VALUE))),
                file("entry-of-4g.pth", "claims 4294967294 bytes, more than the", () -> changed(0, e -> e.claiming(0xfffffffeL))),
                file("entry-beyond.pth", "entry 'archive/data.pkl' of 1100 bytes ends beyond the file", () -> Zips.of(List.of(new Zips.Entry("archive/data.pkl", new byte[1000]).claiming(1100)))),
                file("entry-nowhere.pth", "entry 'archive/data/0' is not in the file", () -> changed(2, e -> e.at(0xfffffff0L))),
                file("entry-elsewhere.pth", "entry 'archive/data/0' is not where it is said to be", () -> changed(2, e -> e.at(3))),
                file("entry-twice.pth", "its entry 'archive/data/0' comes twice", () -> adding(new Zips.Entry("archive/data/0", SIX.bytes()))),
                file("entries-that-overlap.pth", "entries of the zip archive claim more than the", () -> Zips.of(overlapping(1_000))),
                file("two-pickles.pth", "has more than one data.pkl", () -> adding(new Zips.Entry("other/data.pkl", Pickles.of(ROOT)))),
                file("no-storage.pth", "its entry 'data/0' is missing", () -> zip(ROOT)),
                file("short-storage.pth", "storage '0' has 20 bytes, but its tensors say 24", () -> zip(ROOT, new Storage("FloatStorage", "0", 5, new byte[20]))),
                file("2^28-entries.pth", "its directory is said to have 268435456 entries in", () -> Zips.withLongEnd(whole, 1 << 28)),
                file("2^62-entries.pth", "its directory is said to have 4611686018427387904 entries in", () -> Zips.withLongEnd(whole, 1L << 62)),
                file("negative-entries.pth", "its directory is said to have 18446744073709551615 entries in", () -> Zips.withLongEnd(whole, -1)),
                file("fewer-entries.pth", "an entry of its directory is none", () -> patched(whole, whole.length - 22 - 60, 0xff)),
                file("directory-beyond.pth", "its directory is said to have", () -> patched(whole, whole.length - 22 + 15, 0x7f)));
    }
    // spotless:on

    private static List<Zips.Entry> overlapping(int count) {
        List<Zips.Entry> entries = new ArrayList<>();
        entries.add(new Zips.Entry("archive/data.pkl", Pickles.of(List.of(new byte[100_000]))));
        for (int i = 0; i < count; i++) {
            entries.add(new Zips.Entry("archive/data/" + i, new byte[0])
                    .claiming(100_000)
                    .at(0));
        }
        return entries;
    }

    private static byte[] patched(byte[] original, int at, int value) {
        byte[] bytes = original.clone();
        bytes[at] = (byte) value;
        return bytes;
    }

    // ---- streams

    private static Storage claiming(Object elements, long stored) {
        return new Storage("FloatStorage", "0", elements, stored, SIX.bytes());
    }

    private static byte[] streamOf(Storage storage) {
        return stream(Map.of("w", tensor(storage, 0, List.of(2, 3), List.of(3, 1))), storage);
    }

    // spotless:off: one line a file
    static Stream<Hostile> streams() {
        return Stream.of(
                file("truncated.pth.tar", "24 bytes, but the file has only", () -> { byte[] all = stream(ROOT, SIX); return Arrays.copyOf(all, all.length - 5); }),
                file("storage-of-2^60.pth.tar", "storage '0' has 1152921504606846976 elements, but its tensors say 6", () -> streamOf(claiming(6, HUGE))),
                file("storage-said-to-be-2^60.pth.tar", "a storage's length that is not a whole number from 0 to 2147483647", () -> streamOf(claiming(HUGE, HUGE))),
                file("storage-of-2^31.pth.tar", "storage '0' has 8589934588 bytes, but the file has only 24 more", () -> streamOf(claiming(Integer.MAX_VALUE, Integer.MAX_VALUE))),
                file("storage-twice.pth.tar", "storage '0' is not one its tensors need, or comes twice", () -> stream(ROOT, SIX, SIX)),
                file("storage-nobody-needs.pth.tar", "storage '1' is not one its tensors need", () -> stream(ROOT, SIX, floats("1", 1))),
                file("no-storage.pth.tar", "storage '0' is not in the file", () -> stream(ROOT)),
                file("other-version.pth.tar", "is not a torch file of version 1001", () -> join(Pickles.of(new BigInteger("1950a86a20f9469cfc6c", 16)), Pickles.of(1002))));
    }
    // spotless:on

    private static byte[] join(byte[] first, byte[] second) {
        return ByteBuffer.allocate(first.length + second.length)
                .put(first)
                .put(second)
                .array();
    }

    // ---- tensors of torch

    private static Stream<Hostile> badTensor(String name, String why, Object offset, Object size, Object strides) {
        Object root = Map.of("w", tensor(SIX, offset, size, strides));
        return Stream.of(
                file(name + ".pth", why, () -> zip(root, SIX)), file(name + ".pth.tar", why, () -> stream(root, SIX)));
    }

    // spotless:off: one line a file
    static Stream<Hostile> tensors() {
        String dimension = "a dimension that is not a whole number from 0 to 2147483647";
        String stride = "a stride that is not a whole number from 0 to 2147483647";
        String outside = "does not lie in its storage of 6 elements";
        int most = Integer.MAX_VALUE;
        return Stream.of(
                badTensor("larger-than-storage", outside, 0, List.of(7), List.of(1)),
                badTensor("offset-beyond", outside, 6, List.of(1), List.of(1)),
                badTensor("offset-of-2^60", outside, HUGE, List.of(2), List.of(1)),
                badTensor("offset-that-overflows", outside, Long.MAX_VALUE, List.of(2, 3), List.of(3, 1)),
                badTensor("offset-that-overflows-far", outside, Long.MAX_VALUE - 2, List.of(2), List.of(most)),
                badTensor("negative-offset", outside, -1, List.of(2), List.of(1)),
                badTensor("stride-beyond", outside, 0, List.of(2, 3), List.of(4, 1)),
                badTensor("stride-of-2^31", outside, 0, List.of(2, 2), List.of(most, most)),
                badTensor("negative-stride", stride, 5, List.of(2), List.of(-1)),
                badTensor("stride-of-2^60", stride, 0, List.of(2), List.of(HUGE)),
                badTensor("negative-dimension", dimension, 0, List.of(-2, -3), List.of(3, 1)),
                badTensor("dimension-of-2^60", dimension, 0, List.of(HUGE), List.of(1)),
                badTensor("dimension-of-text", dimension, 0, List.of("6"), List.of(1)),
                badTensor("dimension-of-half", dimension, 0, List.of(0.5), List.of(1)),
                badTensor("product-of-2^48", "more than the 2147483639 elements allowed", 0, List.of(1 << 16, 1 << 16, 1 << 16), List.of(0, 0, 0)),
                badTensor("product-of-2^64", "more than the 2147483639 elements allowed", 0, List.of(1 << 16, 1 << 16, 1 << 16, 1 << 16), List.of(0, 0, 0, 0)),
                badTensor("product-that-comes-back-to-6", "more than the 2147483639 elements allowed", 0, List.of(most, most, most, 0), List.of(0, 0, 0, 0)),
                badTensor("many-dimensions-of-tensor", "has 33 dimensions, where 32 are allowed", 0, Collections.nCopies(33, 1), Collections.nCopies(33, 1)),
                badTensor("too-few-strides", "a size and as many strides", 0, List.of(2, 3), List.of(1)),
                badTensor("size-that-is-none", "a size and as many strides", 0, 6, 1),
                badTensor("offset-of-text", "a size and as many strides", "0", List.of(6), List.of(1)))
                .flatMap(files -> files);
    }

    // ---- numpy's arrays in Paddle's files

    private static Hostile badArray(String name, String why, String dtype, Object shape, Object data) {
        return file(name + ".pdparams", why, () -> Pickles.of(Map.of("w", NumpyFiles.array(dtype, shape, false, data))));
    }

    static Stream<Hostile> arrays() {
        byte[] data = SIX.bytes();
        return Stream.of(
                badArray("larger-than-its-bytes", "[7] and dtype <f4 does not have 24 bytes", "f4", List.of(7), data),
                badArray("smaller-than-its-bytes", "[5] and dtype <f4 does not have 24 bytes", "f4", List.of(5), data),
                badArray("negative", "an array's dimension is a whole number from 0", "f4", List.of(-2, -3), data),
                badArray("of-2^60", "an array's dimension is a whole number from 0", "f4", List.of(HUGE), data),
                badArray("of-text", "an array's dimension is a whole number from 0", "f4", List.of("6"), data),
                badArray("product-of-2^64", "does not have 24 bytes", "f4", List.of(1 << 16, 1 << 16, 1 << 16, 1 << 16), data),
                badArray("of-many-dimensions", "an array of 65 dimensions", "f4", Collections.nCopies(65, 1), data),
                badArray("of-objects", "arrays hold numbers, not dtype 'O8'", "O8", List.of(3), data),
                badArray("of-records", "arrays hold numbers, not dtype 'V24'", "V24", List.of(1), data),
                badArray("without-bytes", "arrays of objects are not read", "f4", List.of(2, 3), List.of(1, 2)),
                file("two-names.pdparams", "two tensors are called 'n.running_mean'", () -> Pickles.of(Map.of("n._mean", NumpyFiles.array("f4", List.of(6), false, data), "n.running_mean", NumpyFiles.array("f4", List.of(6), false, data)))));
    }
    // spotless:on

    // ---- safetensors

    private static byte[] fileOf(String header, byte... data) {
        return fileOf(header.getBytes(StandardCharsets.UTF_8).length, header, data);
    }

    private static byte[] fileOf(long claimed, String header, byte... data) {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + text.length + data.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(claimed)
                .put(text)
                .put(data)
                .array();
    }

    private static String entry(String shape, String offsets) {
        return "{\"dtype\":\"F32\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
    }

    private static Hostile badHeader(String name, String why, String header) {
        return file(name + ".safetensors", why, () -> fileOf(header, SIX.bytes()));
    }

    private static Hostile shape(String name, String why, String shape, String offsets) {
        return badHeader(name, why, "{\"w\":" + entry(shape, offsets) + "}");
    }

    // spotless:off: one line a file
    static Stream<Hostile> safetensors() {
        String good = "\"w\":" + entry("[2,3]", "[0,24]");
        String numbers = "that is not an array of whole numbers from 0 to";
        return Stream.of(
                file("header-of-2^60.safetensors", "the header claims 1152921504606846976 bytes, but the file has", () -> fileOf(HUGE, "{" + good + "}", SIX.bytes())),
                file("header-of-2^63.safetensors", "the header claims 9223372036854775808 bytes, but the file has", () -> fileOf(Long.MIN_VALUE, "{" + good + "}", SIX.bytes())),
                file("header-of-17-MiB.safetensors", "at most 16777216 are allowed", () -> fileOf("{" + good + "}" + " ".repeat(17 << 20), SIX.bytes())),
                file("truncated.safetensors", "it may be truncated", () -> fileOf("{" + good + "}", Arrays.copyOf(SIX.bytes(), 23))),
                badHeader("name-twice", "tensor 'w' comes twice", "{" + good + "," + good + "}"),
                badHeader("name-twice-escaped", "tensor 'w' comes twice", "{" + good + "," + good.replace("\"w\"", "\"\\u0077\"") + "}"),
                badHeader("field-twice", "tensor 'w' has 'shape' twice", "{" + good.replace("\"shape\"", "\"shape\":[6],\"shape\"") + "}"),
                badHeader("metadata-twice", "__metadata__ comes twice", "{\"__metadata__\":{},\"__metadata__\":{}," + good + "}"),
                badHeader("overlap", "begins at byte 8 of the data, inside another tensor; expected 12", "{\"v\":" + entry("[3]", "[0,12]") + ",\"w\":" + entry("[4]", "[8,24]") + "}"),
                badHeader("overlap-whole", "begins at byte 0 of the data, inside another tensor; expected 24", "{\"v\":" + entry("[6]", "[0,24]") + "," + good + "}"),
                badHeader("gap", "after a gap; expected 8", "{\"v\":" + entry("[2]", "[0,8]") + ",\"w\":" + entry("[3]", "[12,24]") + "}"),
                shape("negative-dimension", numbers, "[-2,-3]", "[0,24]"),
                shape("dimension-of-2^60", numbers, "[1152921504606846976]", "[0,24]"),
                shape("dimension-of-2^64", numbers, "[18446744073709551622]", "[0,24]"),
                shape("dimension-of-1000-digits", "the header is not JSON", "[" + "9".repeat(1000) + "]", "[0,24]"),
                shape("dimension-of-text", numbers, "[\"6\"]", "[0,24]"),
                shape("dimension-of-half", numbers, "[6.0]", "[0,24]"),
                shape("dimension-in-dimension", numbers, "[[2,3]]", "[0,24]"),
                shape("product-of-2^64", "more than the 2147483639 elements allowed", "[65536,65536,65536,65536]", "[0,24]"),
                shape("product-of-2^60", "more than the 2147483639 elements allowed", "[1073741824,1073741824]", "[0,4611686018427387904]"),
                shape("many-dimensions", "has a shape of more than 32 numbers", "[1" + ",1".repeat(4_000_000) + "]", "[0,24]"),
                shape("negative-offset", numbers, "[2,3]", "[-24,0]"),
                shape("offsets-beyond", "ends at byte 48 of the data, but the file has only 24", "[2,3]", "[24,48]"),
                shape("offsets-of-2^63", "ends at byte 9223372036854775807 of the data, but the file has only 24", "[2,3]", "[9223372036854775783,9223372036854775807]"),
                shape("offsets-reversed", "has 24 bytes, but its offsets are 24 to 0", "[2,3]", "[24,0]"),
                badHeader("nested", "the header is not JSON", "{\"w\":{\"x\":" + "[".repeat(1_000_000) + "]".repeat(1_000_000) + "}}"),
                badHeader("nested-objects", "the header is not JSON", "{\"w\":" + "{\"w\":".repeat(100_000) + "}".repeat(100_001)),
                badHeader("many-tensors", "more than 100000 tensors", "{" + many(100_001) + "}"),
                badHeader("long-name", "the header is not JSON", "{\"" + "w".repeat(10_000_000) + "\":{}}"));
    }
    // spotless:on

    private static String many(int tensors) {
        StringBuilder entries = new StringBuilder();
        for (int i = 0; i < tensors; i++) {
            entries.append(i == 0 ? "" : ",")
                    .append("\"w")
                    .append(i)
                    .append("\":")
                    .append(entry("[0]", "[0,0]"));
        }
        return entries.toString();
    }

    // ---- .npy and what is none of these

    private static String npyHeader(String descr, String shape) {
        return "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }";
    }

    private static Hostile badNpy(String name, String why, String header) {
        return file(name + ".npy", why, () -> npy(1, header, SIX.bytes()));
    }

    // spotless:off: one line a file
    static Stream<Hostile> npys() {
        return Stream.of(
                file("header-of-4g.npy", "the header claims 4294967295 bytes, but the file has 3 more", () -> FilesOnDisk.hex("93 4e 55 4d 50 59 02 00 ff ff ff ff 7b 27 64")),
                file("header-of-a-megabyte.npy", "at most 65536 are allowed", () -> npy(2, npyHeader("<f4", "(2, 3)") + " ".repeat(1 << 20), SIX.bytes())),
                badNpy("shape-of-2^60", "is not a shape", npyHeader("<f4", "(1152921504606846976,)")),
                badNpy("shape-of-2^31", "has 8589934556 bytes, but 24 follow", npyHeader("<f4", "(2147483639,)")),
                badNpy("product-of-2^64", "more than the 2147483639 elements allowed", npyHeader("<f4", "(65536, 65536, 65536, 65536)")),
                badNpy("many-dimensions", "has 5001 dimensions, where 32 are allowed", npyHeader("<f4", "(1" + ", 1".repeat(5000) + ")")),
                badNpy("negative", "not a dictionary of plain values", npyHeader("<f4", "(-2, -3)")),
                badNpy("objects", "an array of '|O', where numbers of up to 64 bits are read", npyHeader("|O", "(3,)")),
                badNpy("code", "not a dictionary of plain values", "{'descr': __import__('os').system('id'), 'fortran_order': False, 'shape': (6,)}"),
                badNpy("spaces", "not a dictionary of plain values", "{" + " ".repeat(60_000) + "x}"),
                badNpy("quotes", "not a dictionary of plain values", "{'a':True," + "'".repeat(60_000) + "}"));
    }

    static Stream<Hostile> others() {
        return Stream.of(
                file("empty.pth", "is empty", () -> new byte[0]),
                file("web-page.pth", "is no file of weights but a web page", () -> "<html>404</html>".getBytes(StandardCharsets.US_ASCII)),
                file("gzip.pth", "is no file of weights but a gzip archive; unpack it first", () -> FilesOnDisk.hex("1f 8b 08 00 00 00 00 00 00 03 00 00")),
                file("pickle-only-begun.pdparams", "the pickle ends in the middle", () -> FilesOnDisk.hex("80")),
                file("zip-only-begun.pth", "it has no end", () -> FilesOnDisk.hex("50 4b 03 04")));
    }
    // spotless:on
}
