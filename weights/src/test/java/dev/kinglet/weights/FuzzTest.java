package dev.kinglet.weights;

import static dev.kinglet.weights.TorchFiles.floats;
import static dev.kinglet.weights.TorchFiles.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.kinglet.network.NdArray;
import dev.kinglet.network.Tensors;
import dev.kinglet.weights.TorchFiles.Storage;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files of every form with something changed in them: they are read or refused by a {@link WeightsException} of one line,
 * and never ask for much memory.
 *
 * <p>{@code -Dkinglet.fuzz.mutations} says how many are tried (without it as many as ten seconds allow, and no more than
 * {@value #MUTATIONS}), {@code -Dkinglet.fuzz.seed} where to begin. A failure says the seed that repeats it at once.
 */
class FuzzTest {
    private static final int MUTATIONS = 20_000;
    private static final Duration TIME = Duration.ofSeconds(10);
    private static final long MAX_BYTES = 16 << 20; // for files of some two thousand

    /** Tokens that random bytes hardly ever form: numbers at the ends of their ranges, instructions, names. */
    private static final List<byte[]> TOKENS = tokens();

    /**
     * A file whose core is changed.
     *
     * @param whole the file around a core, such as a zip around its pickle
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Form(String name, byte[] core, UnaryOperator<byte[]> whole) {}

    @TempDir
    private Path folder;

    private List<Form> forms = List.of();

    @BeforeEach
    void make() throws IOException {
        forms = forms();
    }

    @Test
    void every_form_is_read_as_it_is() {
        for (Form form : forms) {
            assertThatCode(() -> read(form.name, form.whole.apply(form.core)))
                    .as(form.name)
                    .doesNotThrowAnyException();
        }
    }

    @Test
    @Timeout(value = 10, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void whatever_is_changed_in_a_file_it_is_read_or_refused() {
        tryMany(this::tryChanged);
    }

    @Test
    @Timeout(value = 10, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void whatever_a_file_claims_of_a_tensor_it_is_read_or_refused() {
        tryMany(this::tryClaims);
    }

    private static void tryMany(LongConsumer tryOne) {
        int wanted = Integer.getInteger("kinglet.fuzz.mutations", MUTATIONS);
        boolean bounded = Integer.getInteger("kinglet.fuzz.mutations") == null;
        long firstSeed = Long.getLong("kinglet.fuzz.seed", 2026);
        long begin = System.nanoTime();
        for (int i = 0; i < wanted && !(bounded && System.nanoTime() - begin > TIME.toNanos()); i++) {
            tryOne.accept(firstSeed + i);
        }
    }

    private void tryChanged(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Form form = forms.get(random.nextInt(forms.size()));
        byte[] core = form.core.clone();
        for (int change = random.nextInt(3); change >= 0; change--) {
            core = changed(core, forms.get(random.nextInt(forms.size())).core, random);
        }
        check("a changed " + form.name, form.whole.apply(core), seed);
    }

    private void tryClaims(long seed) {
        Form form = Claims.of(new SplittableRandom(seed));
        check(form.name, form.core, seed);
    }

    private void check(String name, byte[] bytes, long seed) {
        long before = Allocation.bytes();
        String problem = problem(name, bytes);
        long allocated = Allocation.bytes() - before;
        if (allocated > MAX_BYTES + 100L * bytes.length) {
            problem = "it allocated " + allocated + " bytes for a file of " + bytes.length;
        }
        assertThat(problem)
                .as("%s; repeat it with -Dkinglet.fuzz.mutations=1 -Dkinglet.fuzz.seed=%d", name, seed)
                .isEmpty();
    }

    /** Empty if it is read or refused as it should be. */
    private String problem(String name, byte[] bytes) {
        try {
            read(name, bytes);
            return "";
        } catch (WeightsException e) {
            String message = String.valueOf(e.getMessage());
            boolean line = message.chars().noneMatch(Character::isISOControl) && message.length() < 1500;
            return line ? "" : "it is refused by more than a line: " + message;
        } catch (Throwable e) { // whatever it is, it is not what the readers promise
            return "it ends in " + e + " at " + Arrays.toString(e.getStackTrace());
        }
    }

    private void read(String name, byte[] bytes) throws IOException {
        Path file = folder.resolve("file");
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) { // a file made anew waits for the disk
            out.write(bytes);
            out.setLength(bytes.length);
        }
        if (name.contains("npy")) {
            Npy.read(file);
        } else {
            WeightFile.read(file);
        }
    }

    // ---- changes

    private static byte[] changed(byte[] bytes, byte[] other, SplittableRandom random) {
        int at = random.nextInt(bytes.length + 1);
        int length = Math.min(bytes.length - at, random.nextInt(1, 32));
        int from = random.nextInt(other.length + 1);
        return switch (random.nextInt(8)) {
            case 0 -> flipped(bytes, random);
            case 1 -> replaced(bytes, at, length, randomBytes(length, random));
            case 2 -> Arrays.copyOf(bytes, at);
            case 3 -> replaced(bytes, at, length, new byte[0]);
            case 4 -> replaced(bytes, at, 0, Arrays.copyOfRange(bytes, at, at + length));
            case 5 -> {
                byte[] slice = Arrays.copyOfRange(other, from, Math.min(other.length, from + random.nextInt(1, 64)));
                yield replaced(bytes, at, Math.min(length, slice.length), slice);
            }
            case 6 -> {
                byte[] token = TOKENS.get(random.nextInt(TOKENS.size()));
                yield replaced(bytes, at, random.nextBoolean() ? 0 : Math.min(token.length, bytes.length - at), token);
            }
            default -> inflated(bytes, at, random);
        };
    }

    private static byte[] flipped(byte[] bytes, SplittableRandom random) {
        byte[] flipped = bytes.clone();
        for (int bit = random.nextInt(1, 5); bit > 0 && flipped.length > 0; bit--) {
            flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return flipped;
    }

    private static byte[] randomBytes(int count, SplittableRandom random) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    /** What may be a length or a count becomes a large one, little-endian of 1 to 8 bytes. */
    private static byte[] inflated(byte[] bytes, int at, SplittableRandom random) {
        int width = 1 << random.nextInt(4);
        long value = switch (random.nextInt(5)) {
            case 0 -> -1L;
            case 1 -> Long.MAX_VALUE >>> (64 - 8 * width);
            case 2 -> 1L << random.nextInt(63);
            case 3 -> bytes.length + random.nextInt(-8, 9);
            default -> random.nextLong() >>> random.nextInt(63);
        };
        byte[] number = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
        return replaced(bytes, at, Math.min(width, bytes.length - at), Arrays.copyOf(number, width));
    }

    private static byte[] replaced(byte[] bytes, int at, int length, byte[] by) {
        byte[] result = new byte[bytes.length - length + by.length];
        System.arraycopy(bytes, 0, result, 0, at);
        System.arraycopy(by, 0, result, at, by.length);
        System.arraycopy(bytes, at + length, result, at + by.length, bytes.length - at - length);
        return result;
    }

    private static List<byte[]> tokens() {
        List<String> texts = new ArrayList<>(List.of("9223372036854775807", "2147483647", "4294967296", "-1", "1e99"));
        texts.addAll(
                List.of("[", "]", "{", "}", "\"", "'", ",", ":", "null", "\"shape\":", "F64", "BOOL", "<f8", "|O"));
        texts.addAll(List.of("\u008d\0\0\0\0\0\0\0\20", "X\u00ff\u00ff\u00ff\177", "J\u00ff\u00ff\u00ff\177"));
        texts.addAll(List.of("\u008a\10\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\177", "N", "(", "t", "R", "Q", "b"));
        texts.addAll(List.of(")", "}", "]", "2", "0", "1", "e", "u", "s", "h\0", "q\0", "\u0094", "K\0", "\u0085"));
        texts.addAll(List.of("cposix\nsystem\n", "ctorch\nByteStorage\n", "ccollections\nOrderedDict\n", "."));
        return texts.stream()
                .map(text -> text.getBytes(StandardCharsets.ISO_8859_1))
                .toList();
    }

    // ---- what is claimed

    /** Files that are well-formed, of tensors that are not. */
    private record Claims(SplittableRandom random) {
        private static final List<Object> EXTREMES = List.of(
                -1,
                Integer.MAX_VALUE,
                Integer.MIN_VALUE,
                1 << 16,
                1L << 31,
                1L << 32,
                1L << 60,
                Long.MAX_VALUE,
                Long.MAX_VALUE - 2,
                Long.MIN_VALUE);
        private static final List<Object> NO_NUMBERS = List.of(
                "2", true, 2.0, List.of(2), Map.of(), new byte[] {2}, new Pickles.Name("torch", "FloatStorage"));
        private static final List<String> STORAGES = List.of("FloatStorage", "BoolStorage", "DoubleStorage");

        static Form of(SplittableRandom random) {
            Claims claims = new Claims(random);
            return switch (random.nextInt(5)) {
                case 0 -> form("zip", TorchFiles.zip(claims.root(), claims.storage()));
                case 1 -> form("stream", TorchFiles.stream(claims.root(), claims.storage()));
                case 2 -> form("pdparams", Pickles.of(Map.of("w", claims.array())));
                case 3 -> form("safetensors", claims.safetensors());
                default -> form("npy", claims.npy());
            };
        }

        private static Form form(String name, byte[] file) {
            return new Form(name + " of strange claims", file, UnaryOperator.identity());
        }

        private Object number() {
            return switch (random.nextInt(8)) {
                case 0, 1 -> EXTREMES.get(random.nextInt(EXTREMES.size()));
                case 2 -> random.nextInt(4) == 0 ? NO_NUMBERS.get(random.nextInt(NO_NUMBERS.size())) : 1;
                default -> random.nextInt(7);
            };
        }

        private Object numbers() {
            List<Object> numbers = Pickles.list();
            for (int i = random.nextInt(random.nextInt(20) == 0 ? 40 : 4); i > 0; i--) {
                numbers.add(number());
            }
            return random.nextBoolean() ? numbers : List.copyOf(numbers);
        }

        private Storage storage() {
            long stored =
                    random.nextInt(3) > 0 ? 6 : EXTREMES.get(random.nextInt(EXTREMES.size())) instanceof Long n ? n : 5;
            Object elements = random.nextInt(3) > 0 ? 6 : number();
            return new Storage(type(), "0", elements, stored, new byte[random.nextBoolean() ? 24 : random.nextInt(50)]);
        }

        private String type() {
            return STORAGES.get(random.nextInt(STORAGES.size()));
        }

        private Object root() {
            Map<Object, Object> root = new LinkedHashMap<>();
            Storage shared = storage();
            for (int i = random.nextInt(4); i >= 0; i--) {
                root.put("w" + i, tensor(random.nextInt(4) > 0 ? shared : storage(), number(), numbers(), numbers()));
            }
            return root;
        }

        private Object array() {
            String dtype = List.of("f4", "b1", "f8", "O8", "").get(random.nextInt(5));
            Object data = random.nextInt(8) == 0 ? number() : new byte[random.nextInt(50)];
            return NumpyFiles.array(dtype, numbers(), random.nextBoolean(), data);
        }

        private byte[] safetensors() {
            StringBuilder header = new StringBuilder("{");
            for (int i = random.nextInt(3); i >= 0; i--) {
                header.append("\"w").append(i).append("\":{\"dtype\":\"BOOL\",\"shape\":");
                header.append(text(numbers())).append(",\"data_offsets\":").append(text(numbers()));
                header.append(i == 0 ? "}" : "},");
            }
            byte[] text = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
            return ByteBuffer.allocate(text.length + 20)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(text.length)
                    .put(text)
                    .array();
        }

        private byte[] npy() {
            String dims = text(numbers()).replace('[', '(').replace(']', ')');
            String type = List.of("<f4", "|b1", ">f8", "|O").get(random.nextInt(4));
            String header = "{'descr': '" + type + "', 'fortran_order': " + (random.nextBoolean() ? "True" : "False")
                    + ", 'shape': " + dims + ", }";
            return NumpyFiles.npy(1 + random.nextInt(3), header, new byte[random.nextInt(50)]);
        }

        private static String text(Object numbers) {
            return String.valueOf(numbers);
        }
    }

    // ---- what is changed

    private List<Form> forms() throws IOException {
        Storage values = floats("0", 0, 1, 2, 3, 4, 5);
        Storage counts = new Storage("LongStorage", "1", 2, new byte[16]);
        Storage halves = new Storage("HalfStorage", "2", 3, new byte[6]);
        Map<Object, Object> dictionary = new LinkedHashMap<>();
        dictionary.put("a.weight", tensor(values, 0, List.of(2, 3), List.of(3, 1)));
        dictionary.put("a.transposed", tensor(values, 1, List.of(2, 2), List.of(1, 2)));
        dictionary.put("a.num_batches_tracked", tensor(counts, 0, List.of(), List.of()));
        dictionary.put("half", tensor(halves, 0, List.of(3), List.of(1)));
        Map<Object, Object> root = Map.of("epoch", 3, "state_dict", dictionary);
        Storage[] storages = {values, counts, halves};
        byte[] pickle = Pickles.of(root);

        Map<Object, Object> arrays = new LinkedHashMap<>();
        arrays.put("fc.weight", NumpyFiles.array("f4", List.of(2, 3), true, values.bytes()));
        arrays.put("bn._mean", NumpyFiles.array("f8", List.of(2), false, new byte[16]));
        arrays.put("StructuredToParameterName@@", Map.of("fc.weight", "linear_0.w_0"));

        Map<String, NdArray> tensors = new LinkedHashMap<>();
        tensors.put("w", new NdArray.Floats(List.of(2, 3), new float[6]));
        tensors.put("n", NdArray.Longs.scalar(7));
        Path safetensors = folder.resolve("w.safetensors");
        Safetensors.write(safetensors, new Tensors(tensors), Map.of("model", "small"));
        String header = "{\"__metadata__\":{\"a\":\"b\"},"
                + "\"w\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
                + "\"h\":{\"dtype\":\"BF16\",\"shape\":[1,4],\"data_offsets\":[24,32]}}";
        String npy = "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n";

        List<Form> all = new ArrayList<>();
        all.add(new Form("zip", TorchFiles.zip(root, storages), UnaryOperator.identity()));
        all.add(new Form(
                "zip with a long end", Zips.withLongEnd(TorchFiles.zip(root, storages), 6), UnaryOperator.identity()));
        all.add(new Form("zip's pickle", pickle, core -> TorchFiles.zip(core, "little", storages)));
        all.add(new Form("stream", TorchFiles.stream(root, storages), UnaryOperator.identity()));
        all.add(new Form("stream's pickle", pickle, core -> TorchFiles.stream(core, true, storages)));
        all.add(new Form("pdparams", Pickles.of(arrays), UnaryOperator.identity()));
        all.add(new Form("safetensors", Files.readAllBytes(safetensors), UnaryOperator.identity()));
        all.add(new Form(
                "safetensors' header",
                header.getBytes(StandardCharsets.UTF_8),
                core -> ByteBuffer.allocate(core.length + 40)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(core.length)
                        .put(core)
                        .array()));
        all.add(new Form(".npy", NumpyFiles.npy(1, npy, values.bytes()), UnaryOperator.identity()));
        all.add(new Form(
                "header of a .npy",
                npy.getBytes(StandardCharsets.UTF_8),
                core -> NumpyFiles.npy(1, new String(core, StandardCharsets.ISO_8859_1), values.bytes())));
        for (String name : List.of("protocol4.pdparams", "part.pth", "averaged.pth", "zip.pth.tar")) {
            all.add(new Form(name, recorded(name), UnaryOperator.identity()));
        }
        return all;
    }

    private static byte[] recorded(String name) throws IOException {
        try (InputStream in = Objects.requireNonNull(FuzzTest.class.getResourceAsStream(name), name)) {
            return in.readAllBytes();
        }
    }
}
