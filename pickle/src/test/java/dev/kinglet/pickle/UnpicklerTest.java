package dev.kinglet.pickle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UnpicklerTest {
    private static @Nullable Object read(String name, int protocol) throws IOException {
        return Unpickler.defaults().read(RecordedPickles.get(name, protocol));
    }

    private static Map<?, ?> readMap(String name, int protocol) throws IOException {
        return as(Map.class, read(name, protocol));
    }

    private static <T> T as(Class<T> type, @Nullable Object value) {
        return type.cast(Objects.requireNonNull(value));
    }

    /** A pickle spelled out: each character is a byte. */
    private static byte[] bytes(String latin1) {
        return latin1.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static @Nullable Object read(String latin1) throws IOException {
        return Unpickler.defaults().read(bytes(latin1));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5})
    void plain_values_are_read_from_every_protocol(int protocol) throws IOException {
        Map<?, ?> values = readMap("plain", protocol);

        assertThat(values.keySet().stream().map(String::valueOf))
                .containsExactly(
                        "none",
                        "yes",
                        "no",
                        "one",
                        "negative",
                        "big",
                        "huge",
                        "decimal",
                        "text",
                        "bytes",
                        "single",
                        "pair",
                        "four",
                        "empty",
                        "list",
                        "dict");
        assertThat((Object) values.get("none")).isNull();
        assertThat((Object) values.get("yes")).isEqualTo(true);
        assertThat((Object) values.get("no")).isEqualTo(false);
        assertThat((Object) values.get("one")).isEqualTo(1L);
        assertThat((Object) values.get("negative")).isEqualTo(-5L);
        assertThat((Object) values.get("big")).isEqualTo(1L << 40);
        assertThat((Object) values.get("huge"))
                .isEqualTo(BigInteger.ONE.shiftLeft(80).negate());
        assertThat((Object) values.get("decimal")).isEqualTo(3.25);
        assertThat((Object) values.get("text")).isEqualTo("h\u00e9 \u4e2d");
        assertThat((Object) values.get("bytes")).isEqualTo(new byte[] {0, (byte) 255});
        assertThat((Object) values.get("single")).isEqualTo(List.of(1L));
        assertThat((Object) values.get("pair")).isEqualTo(List.of(1L, 2L));
        assertThat((Object) values.get("four")).isEqualTo(List.of(1L, 2L, 3L, 4L));
        assertThat((Object) values.get("empty")).isEqualTo(List.of());
        assertThat((Object) values.get("list")).isEqualTo(List.of(1L, List.of(2L)));
        assertThat((Object) values.get("dict")).isEqualTo(Map.of(1L, 2.5));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2, 4})
    void ordered_dictionaries_keep_their_order(int protocol) throws IOException {
        Map<?, ?> ordered = readMap("ordered", protocol);

        assertThat(new ArrayList<>(ordered.entrySet()).toString()).isEqualTo("[b=1, a=2]");
    }

    @Test
    void ordered_dictionaries_of_python_2_are_lists_of_pairs() throws IOException {
        assertThat(readMap("python2_ordered", 2).toString()).isEqualTo("{k=1, j=2}");
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 5})
    void byte_strings_are_read_whatever_their_protocol_makes_of_them(int protocol) throws IOException {
        List<?> values = as(List.class, read("bytes", protocol));

        assertThat((Object) values.get(0)).isEqualTo(new byte[] {(byte) 255, 0, 'a'});
        assertThat((Object) values.get(1)).isEqualTo(new byte[0]);
        assertThat((Object) values.get(2)).isEqualTo(new byte[] {'a', 'b'});
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2, 4, 5})
    void numpy_arrays_are_read_from_every_protocol(int protocol) throws IOException {
        Map<?, ?> arrays = readMap("arrays", protocol);

        PickledArray c = as(PickledArray.class, arrays.get("c"));
        assertThat(c.dtype()).isEqualTo("<f4");
        assertThat(c.itemBytes()).isEqualTo(4);
        assertThat(c.shape()).containsExactly(2, 3);
        assertThat(c.fortranOrder()).isFalse();
        assertThat(Arrays.copyOf(c.data(), 8)).containsExactly(0, 0, 0, 0, 0, 0, 0x80, 0x3f);

        PickledArray fortran = as(PickledArray.class, arrays.get("fortran"));
        assertThat(fortran.shape()).containsExactly(2, 3);
        assertThat(fortran.fortranOrder()).isTrue();
        assertThat(Arrays.copyOf(fortran.data(), 8)).containsExactly(0, 0, 0, 0, 0, 0, 0x40, 0x40);

        assertThat(arrays.get("bytes")).hasToString("|u1 [2]");
        assertThat(arrays.get("big_endian")).hasToString(">i2 [2]");
        assertThat(as(PickledArray.class, arrays.get("big_endian")).data()).containsExactly(0, 1, 0, 2);
        assertThat(arrays.get("none")).hasToString("<f8 [0, 4]");
        assertThat(arrays.get("half")).hasToString("<f2 []");
        assertThat(arrays.get("double")).hasToString("<f8 []");
        assertThat(arrays.get("bool")).hasToString("|b1 []");
    }

    @Test
    void a_batch_of_cifar_written_by_python_2_has_text_for_keys() throws IOException {
        Map<?, ?> batch = readMap("python2_cifar", 2);

        PickledArray data = as(PickledArray.class, batch.get("data"));
        assertThat(data).hasToString("|u1 [2, 6]");
        assertThat(data.data()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
        assertThat((Object) batch.get("labels")).isEqualTo(List.of(3L, 7L));
        assertThat(Unpickler.text(batch.get("batch_label"))).contains("testing batch");
        List<?> names = as(List.class, batch.get("filenames"));
        assertThat(Unpickler.text(names.get(1))).contains("b.png");
    }

    @Test
    void strings_of_protocol_0_are_unescaped() throws IOException {
        Map<?, ?> values = readMap("python2_text", 0);

        assertThat((Object) values.get("a\0\n'\\")).isEqualTo(5L);
        assertThat((Object) values.get("u")).isEqualTo("h\u00e9");
        assertThat((Object) values.get("l")).isEqualTo(new BigInteger("12345678901234567890"));
        assertThat((Object) values.get("m")).isEqualTo(true);
    }

    @Test
    void text_is_only_found_in_strings() {
        assertThat(Unpickler.text("a")).contains("a");
        assertThat(Unpickler.text(new byte[] {(byte) 0xe9})).contains("\u00e9");
        assertThat(Unpickler.text(1L)).isEmpty();
        assertThat(Unpickler.text(null)).isEmpty();
    }

    @Test
    void a_stream_is_read_to_the_end_of_the_pickle_and_no_further() throws IOException {
        InputStream in = new ByteArrayInputStream(bytes("K\5.K\6.rest"));

        assertThat(Unpickler.defaults().read(in, 100)).isEqualTo(5L);
        assertThat(Unpickler.defaults().read(in, 100)).isEqualTo(6L);
        assertThat(in.readAllBytes()).isEqualTo(bytes("rest"));
    }

    @Test
    void a_list_that_holds_itself_is_read() throws IOException {
        List<?> list = as(List.class, read("itself", 2));

        assertThat(list.get(0) == list).isTrue();
    }

    @Test
    void attributes_of_a_dictionary_are_ignored() throws IOException {
        assertThat(read("ccollections\nOrderedDict\n)R}U\1aK\1sb.")).isEqualTo(Map.of());
    }

    @Test
    void old_instance_instructions_call_only_what_may_be_called() throws IOException {
        assertThat(read("(icollections\nOrderedDict\n.")).isEqualTo(Map.of());
        assertThat(read("(ccollections\nOrderedDict\no.")).isEqualTo(Map.of());
        assertThat(read("ccollections\nOrderedDict\n)}\u0092.")).isEqualTo(Map.of());
    }

    @Test
    void a_caller_decides_what_further_names_and_references_mean() throws IOException {
        Globals.Constructor pair = arguments -> "made of " + arguments;
        Unpickler unpickler = Unpickler.defaults()
                .withGlobals((module, name) -> switch (module + "." + name) {
                    case "my.pair" -> pair;
                    case "my.MARK" -> "a mark";
                    default -> null;
                })
                .withPersistentIds(id -> "value " + id);

        assertThat(unpickler.read(bytes("cmy\npair\nK\1cmy\nMARK\n\u0086R."))).isEqualTo("made of [1, a mark]");
        assertThat(unpickler.read(bytes("K\7Q."))).isEqualTo("value 7");
        assertThat(unpickler.read(bytes("Pabc\n."))).isEqualTo("value abc");
        assertThatThrownBy(() -> unpickler.read(bytes("cmy\nMARK\n)R.")))
                .isInstanceOf(PickleException.class)
                .hasMessageStartingWith("a value is called that cannot be");
    }

    @Test
    void what_a_constructor_refuses_is_told_with_its_place() {
        Globals.Constructor refusing = arguments -> {
            throw new IllegalArgumentException("not these");
        };
        Unpickler unpickler = Unpickler.defaults().withGlobals((module, name) -> refusing);

        assertThatThrownBy(() -> unpickler.read(bytes("cm\nn\n)R.")))
                .hasMessage("not these (at byte 6 of the pickle)")
                .satisfies(e -> assertThat(((PickleException) e).offset()).isEqualTo(6));
    }

    @ParameterizedTest
    @ValueSource(strings = {"c__builtin__\ntuple\n(K\1K\2l\u0085R.", "cbuiltins\ntuple\n(K\1K\2t\u0085R."})
    void a_tuple_may_be_made_by_its_name(String pickle) throws IOException {
        assertThat(read(pickle)).isEqualTo(List.of(1L, 2L));
        assertThat(read("cbuiltins\ntuple\n)R.")).isEqualTo(List.of());
        assertThatThrownBy(() -> read("cbuiltins\ntuple\nK\1\u0085R."))
                .isInstanceOf(PickleException.class)
                .hasMessageContaining("tuple is made from one list or tuple");
    }

    @Test
    void tuples_made_by_name_count_as_elements() {
        String many = "cbuiltins\ntuple\nq\0" + "(" + "K\1".repeat(100) + "lq\1" + "h\0h\1\u0085R0".repeat(20) + "N.";

        assertThatThrownBy(() -> Unpickler.defaults()
                        .withLimits(PickleLimits.defaults().withElements(1000))
                        .read(bytes(many)))
                .hasMessageContaining("more than 1000 elements");
    }
}
