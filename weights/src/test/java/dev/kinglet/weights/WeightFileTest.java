package dev.kinglet.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import dev.kinglet.network.NdArray;
import dev.kinglet.network.Tensors;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** On the files of {@code record.py}, which is beside them. */
class WeightFileTest {
    @TempDir
    private Path folder;

    private static Path recorded(String name) {
        URL url = Objects.requireNonNull(WeightFileTest.class.getResource(name), name);
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    private static NdArray floats(List<Integer> dims, float... values) {
        return new NdArray.Floats(dims, values);
    }

    private static NdArray longs(List<Integer> dims, long... values) {
        return new NdArray.Longs(dims, values);
    }

    private static float[] eighths() {
        float[] values = new float[24];
        for (int i = 0; i < values.length; i++) {
            values[i] = i / 8f;
        }
        return values;
    }

    @ParameterizedTest
    @CsvSource({"zip.pth.tar, module., ' (state_dict)'", "stream.pth.tar, module., ' (state_dict)'", "bare.pth, '', ''"
    })
    void a_state_dict_of_torch_is_read(String name, String prefix, String part) throws IOException {
        WeightFile file = WeightFile.read(recorded(name));
        Tensors tensors = file.tensors();

        assertThat(file.source()).isEqualTo(recorded(name) + part);
        assertThat(file.metadata()).isEmpty();
        assertThat(tensors.names().stream().map(n -> n.substring(prefix.length())))
                .containsExactly(
                        "conv.weight",
                        "norm.num_batches_tracked",
                        "index",
                        "transposed",
                        "column",
                        "parameter",
                        "none",
                        "tied",
                        "double",
                        "half",
                        "bfloat16",
                        "int32",
                        "int16",
                        "int8",
                        "uint8",
                        "bool");
        assertThat(tensors.get(prefix + "conv.weight")).isEqualTo(floats(List.of(2, 3, 2, 2), eighths()));
        assertThat(tensors.get(prefix + "norm.num_batches_tracked")).isEqualTo(NdArray.Longs.scalar(7));
        assertThat(tensors.get(prefix + "index")).isEqualTo(longs(List.of(3), 2, 0, 1));
        assertThat(tensors.get(prefix + "transposed")).isEqualTo(floats(List.of(3, 2), 0, 3, 1, 4, 2, 5));
        assertThat(tensors.get(prefix + "column")).isEqualTo(floats(List.of(3), 1, 5, 9));
        assertThat(tensors.get(prefix + "parameter")).isEqualTo(floats(List.of(2), 0.5f, -1));
        assertThat(tensors.get(prefix + "none")).isEqualTo(floats(List.of(0, 3)));
        assertThat(tensors.floats(prefix + "tied")).isSameAs(tensors.floats(prefix + "conv.weight"));
        for (String type : List.of("double", "half", "bfloat16")) {
            assertThat(tensors.get(prefix + type)).isEqualTo(floats(List.of(2), 0, 1));
        }
        for (String type : List.of("int32", "int16", "int8", "uint8", "bool")) {
            assertThat(tensors.get(prefix + type)).isEqualTo(longs(List.of(2), 0, 1));
        }
    }

    @Test
    void averaged_weights_come_before_the_others() throws IOException {
        WeightFile file = WeightFile.read(recorded("averaged.pth"));

        assertThat(file.source()).endsWith("averaged.pth (state_dict_ema)");
        assertThat(file.tensors().floats("w")).containsExactly(2);
        assertThat(WeightFile.read(recorded("model.pth")).tensors().floats("w")).containsExactly(1);
    }

    @Test
    void a_dictionary_is_read_by_its_name_where_one_is_asked_for() throws IOException {
        Path averaged = recorded("averaged.pth");

        WeightFile file = WeightFile.readPart(averaged, "state_dict");

        assertThat(file.source()).endsWith("averaged.pth (state_dict)");
        assertThat(file.tensors().floats("w")).containsExactly(1);
        assertThatThrownBy(() -> WeightFile.readPart(averaged, "net"))
                .isInstanceOf(WeightsException.class)
                .hasMessage(averaged + ": has no dictionary 'net'; its entries are: state_dict, state_dict_ema");
        assertThatThrownBy(() -> WeightFile.readPart(recorded("protocol2.pdparams"), "model"))
                .hasMessageContaining("has no dictionary 'model'; its entries are: linear.weight, ");
        Path safetensors = FilesOnDisk.safetensors(folder, "{}");
        assertThatThrownBy(() -> WeightFile.readPart(safetensors, "model"))
                .hasMessageContaining("is a safetensors file, which has no dictionary 'model'");
    }

    @Test
    void a_dictionary_inside_another_is_read_from_paddle_too() throws IOException {
        Object arrays = Map.of("fc.weight", NumpyFiles.array("f4", List.of(1, 2), false, new byte[8]));
        Path file = Files.write(folder.resolve("w.pdparams"), Pickles.of(Map.of("state_dict", arrays)));

        assertThat(WeightFile.read(file).source()).isEqualTo(file + " (state_dict)");
        assertThat(WeightFile.read(file).tensors().get("fc.weight")).isEqualTo(floats(List.of(2, 1), 0, 0));
    }

    private static Pickles.Built array(float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return NumpyFiles.array("f4", List.of(values.length), false, bytes.array());
    }

    private static Pickles.Built namespace() {
        return new Pickles.Built(Pickles.Call.of("argparse", "Namespace"), Map.of("lr", 0.18, "model", "peleenet"));
    }

    @Test
    void a_checkpoint_of_paddle_is_read_whose_tensors_are_pairs_of_a_name_and_an_array() throws IOException {
        Object tensor = Pickles.Call.of("builtins", "tuple", List.of("conv2d_0.w_0", array(1, 2)));
        Object velocity = Pickles.Call.of("builtins", "tuple", List.of("velocity_0", array(9)));
        Map<String, Object> checkpoint = new LinkedHashMap<>();
        checkpoint.put("optimizer", Map.of("fc_velocity_0", velocity, "LR_Scheduler", Map.of("last_lr", 0.17)));
        checkpoint.put("model", Map.of("norm._mean", tensor));
        checkpoint.put("epoch", 3);
        checkpoint.put("args", namespace());
        Path file = Files.write(folder.resolve("checkpoint-best.pd"), Pickles.of(checkpoint));

        WeightFile read = WeightFile.read(file);

        assertThat(read.source()).isEqualTo(file + " (model)");
        assertThat(read.tensors()).isEqualTo(new Tensors(Map.of("norm.running_mean", floats(List.of(2), 1, 2))));
    }

    @ParameterizedTest
    @CsvSource({
        "argparse, Namespace",
        "collections, defaultdict",
        "easydict, EasyDict",
        "pathlib, PosixPath",
        "yacs.config, CfgNode",
        "lightning_fabric.utilities.data, AttributeDict"
    })
    void settings_beside_weights_are_passed_over(String module, String name) throws IOException {
        Object settings = new Pickles.Built(Pickles.Call.of(module, name, "a"), Map.of("lr", 0.1));
        TorchFiles.Storage storage = TorchFiles.floats("0", 1, 2);
        Object tensor = TorchFiles.tensor(storage, 0, List.of(2), List.of(1));
        Path torch = Files.write(
                folder.resolve("w.ckpt"),
                TorchFiles.zip(Map.of("state_dict", Map.of("w", tensor), "a", settings), storage));
        Path paddle = Files.write(folder.resolve("w.pd"), Pickles.of(Map.of("w", array(1, 2), "a", settings)));

        assertThat(WeightFile.read(torch).tensors().floats("w")).containsExactly(1, 2);
        assertThat(WeightFile.read(paddle).tensors().floats("w")).containsExactly(1, 2);
    }

    @Test
    void the_only_dictionary_of_tensors_is_read_whatever_its_name() throws IOException {
        Map<String, Object> checkpoint = new LinkedHashMap<>();
        checkpoint.put("optimizer", Map.of("velocity", array(9)));
        checkpoint.put("net", Map.of("w", array(1)));
        checkpoint.put("acc", 93.2);
        Path file = folder.resolve("net.pth");

        assertThat(WeightFile.read(Files.write(file, Pickles.of(checkpoint))).source())
                .isEqualTo(file + " (net)");

        checkpoint.put("average", Map.of("w", array(2)));
        Files.write(file, Pickles.of(checkpoint));
        assertThatThrownBy(() -> WeightFile.read(file))
                .isInstanceOf(WeightsException.class)
                .hasMessage(
                        file + ": has several dictionaries of tensors: net, average; --state-dict net reads that one");
    }

    @Test
    void a_torchscript_program_is_named_with_its_remedy() throws IOException {
        List<Zips.Entry> entries = List.of(
                new Zips.Entry("net/data.pkl", Pickles.of(Map.of())),
                new Zips.Entry("net/code/__torch__.py", new byte[9]));
        Path file = Files.write(folder.resolve("net.pt"), Zips.of(entries));

        assertThatThrownBy(() -> WeightFile.read(file))
                .hasMessageContaining(
                        "is a TorchScript program, which is not run; in Python, torch.save(torch.jit.load(");
    }

    @ParameterizedTest
    @ValueSource(strings = {"weights.pth", "weights.safetensors", "weights.pdparams"})
    void what_a_failed_download_left_is_named_with_its_remedy(String name) throws IOException {
        Path file = folder.resolve(name);
        Files.writeString(file, "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 11349432\n");
        assertThatThrownBy(() -> WeightFile.read(file))
                .isInstanceOf(WeightsException.class)
                .hasMessage(file + ": is no file of weights but a git-lfs pointer, which stands for a file of 11349432 "
                        + "bytes that was not downloaded; 'git lfs pull' in its repository fetches it");
        Files.writeString(file, "{\"err\": {\"code\": 404}}"); // a brace where a safetensors header has one
        assertThatThrownBy(() -> WeightFile.read(file)).hasMessageContaining("is no file of weights but JSON text");
    }

    @Test
    void a_part_of_a_storage_is_read_as_torch_0_wrote_it() throws IOException {
        // the part is 2, 3, 4 of the storage, and the tensor its last two
        assertThat(WeightFile.read(recorded("part.pth")).tensors().floats("w")).containsExactly(3, 4);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4})
    void a_state_dict_of_paddle_is_read_in_torchs_names_and_layout(int protocol) throws IOException {
        Tensors tensors =
                WeightFile.read(recorded("protocol" + protocol + ".pdparams")).tensors();

        assertThat(tensors.names())
                .containsExactly(
                        "linear.weight",
                        "linear.bias",
                        "norm.running_mean",
                        "norm.running_var",
                        "conv.weight",
                        "fortran",
                        "big_endian");
        assertThat(tensors.get("linear.weight")).isEqualTo(floats(List.of(2, 3), 0, 0.5f, 1, 0.25f, 0.75f, 1.25f));
        assertThat(tensors.get("linear.bias")).isEqualTo(floats(List.of(2), 0.5f, -1));
        assertThat(tensors.get("norm.running_mean")).isEqualTo(floats(List.of(2), 0.25f, 0.75f));
        assertThat(tensors.get("norm.running_var")).isEqualTo(floats(List.of(2), 1.5f, 2.5f));
        assertThat(tensors.get("conv.weight")).isEqualTo(floats(List.of(2, 3, 2, 2), eighths()));
        assertThat(tensors.get("fortran")).isEqualTo(floats(List.of(2, 3), 0, 1, 2, 3, 4, 5));
        assertThat(tensors.get("big_endian")).isEqualTo(longs(List.of(2), 1, -2));
    }

    @Test
    void safetensors_are_known_by_their_content() throws IOException {
        Path file = folder.resolve("weights.pth");
        Tensors tensors = new Tensors(Map.of("w", floats(List.of(1), 1)));
        Safetensors.write(file, tensors, Map.of("key", "value"));

        assertThat(WeightFile.read(file)).isEqualTo(new WeightFile(file.toString(), tensors, Map.of("key", "value")));
    }

    @ParameterizedTest
    @ValueSource(ints = {0x80, 0x280, 0x480})
    void a_header_whose_length_begins_as_a_pickle_does_is_not_taken_for_one(int length) throws IOException {
        String header = "{\"w\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}";
        Path file = FilesOnDisk.safetensors(folder, header + " ".repeat(length - header.length()), (byte) 9);

        assertThat(WeightFile.read(file).tensors().get("w")).isEqualTo(longs(List.of(1), 9));
    }

    @Test
    void safetensors_with_an_impossible_header_are_told_so() throws IOException {
        Path file = FilesOnDisk.safetensors(folder, 1L << 60, "{}");

        assertThatThrownBy(() -> WeightFile.read(file))
                .isInstanceOf(WeightsException.class)
                .hasMessageContaining("the header claims 1152921504606846976 bytes");
    }

    @ParameterizedTest
    @CsvSource({
        "system.pth, the file asks for 'posix.system'",
        "system.pdparams, the file asks for 'posix.system'",
        "eval.pth, the file asks for '__builtin__.eval'",
        "eval.pdparams, the file asks for 'builtins.eval'",
        "gadget.pth, the file asks for '__main__.Gadget'",
        "gadget.pdparams, the file asks for '__main__.Gadget'",
        "module.pth, in Python torch.save(model.state_dict(), FILE) saves its weights alone",
        "expanded.pth, does not lie in its storage of 1 elements",
        "views.pth, tensor 'w4' is one of so many views of a storage that they copy it more than 4 times",
        "bomb.pth, its entry 'archive/data.pkl' is compressed",
        "overlapping.pth, claim more than the",
        "no_pickle.zip, it has no data.pkl",
        "no_tensors.pth, holds no tensors; its entries are: epoch",
        "record.py, is not a file of weights: it begins with 22 22 22 52"
    })
    void hostile_and_foreign_files_are_refused_in_one_line_within_a_second(String name, String message) {
        Path file = recorded(name);

        assertThatThrownBy(() -> WeightFile.read(file))
                .isInstanceOf(WeightsException.class)
                .hasMessageStartingWith(file.toString())
                .message()
                .contains(message)
                .doesNotContain("\n");
        // once more, when classes are loaded
        assertTimeout(Duration.ofSeconds(1), () -> catchThrowable(() -> WeightFile.read(file)));
        assertThat(Path.of("/tmp/kinglet-was-here")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"zip.pth.tar", "stream.pth.tar", "protocol2.pdparams", "protocol4.pdparams"})
    void truncated_files_are_refused(String name) throws IOException {
        byte[] whole = Files.readAllBytes(recorded(name));
        Path file = folder.resolve("truncated");
        for (int length = 0; length < whole.length; length += 31) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> WeightFile.read(file))
                    .as("%d bytes", length)
                    .isInstanceOf(WeightsException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "zip.pth.tar",
                "stream.pth.tar",
                "part.pth",
                "protocol2.pdparams",
                "protocol4.pdparams",
                "overlapping.pth"
            })
    void whatever_is_changed_in_a_file_it_is_read_or_refused(String name) throws IOException {
        byte[] whole = Files.readAllBytes(recorded(name));
        Path file = folder.resolve("changed");
        long seed = 5;
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            byte[] bytes = whole.clone();
            for (int change = random.nextInt(4); change >= 0; change--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            Files.write(file, bytes);
            try {
                WeightFile.read(file);
            } catch (WeightsException expected) {
                assertThat(expected)
                        .as("seed %d, round %d", seed, round)
                        .message()
                        .doesNotContain("\n");
            }
        }
    }

    @Test
    void limits_are_kept() throws IOException {
        Path zip = recorded("bare.pth");
        Path stream = recorded("stream.pth.tar");
        Path paddle = recorded("protocol4.pdparams");

        assertThatThrownBy(() -> WeightFile.read(zip, new WeightLimits(100, 100, 1 << 20)))
                .hasMessageContaining("the zip archive's directory has ");
        List<Zips.Entry> longPickle = List.of(new Zips.Entry("archive/data.pkl", new byte[200]));
        assertThatThrownBy(() -> WeightFile.read(
                        Files.write(folder.resolve("long.pth"), Zips.of(longPickle)),
                        new WeightLimits(100, 100, 1 << 20)))
                .hasMessageContaining("data.pkl has 200 bytes, where 100 are allowed");
        assertThatThrownBy(() -> WeightFile.read(stream, new WeightLimits(100, 100, 1 << 20)))
                .isInstanceOf(WeightsException.class);
        for (Path file : List.of(zip, stream, paddle)) {
            assertThatThrownBy(() -> WeightFile.read(file, new WeightLimits(1 << 20, 100, 100)))
                    .hasMessageContaining("its tensors need more than the 100 bytes that are allowed");
            assertThatThrownBy(() -> WeightFile.read(file, new WeightLimits(1 << 20, 3, 1 << 20)))
                    .hasMessageContaining("more than 3 tensors");
        }
    }
}
