package dev.kinglet.pickle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostilePickleTest {
    private static @Nullable Object read(byte[] pickle) throws IOException {
        return Unpickler.defaults().read(pickle);
    }

    /** Each character is a byte. */
    private static @Nullable Object read(String latin1) throws IOException {
        return read(latin1.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static void assertRefused(String pickle, String message) {
        assertThatThrownBy(() -> read(pickle))
                .isInstanceOf(PickleException.class)
                .message()
                .contains(message)
                .doesNotContain("\n");
    }

    @ParameterizedTest
    @CsvSource({
        "os_system, 0, posix.system",
        "os_system, 2, posix.system",
        "os_system, 4, posix.system",
        "eval, 0, __builtin__.eval",
        "eval, 2, __builtin__.eval",
        "eval, 4, builtins.eval",
        "fractions, 4, fractions.Fraction"
    })
    void names_beyond_the_allowed_ones_are_refused_by_name(String pickle, int protocol, String name) {
        assertThatThrownBy(() -> read(RecordedPickles.get(pickle, protocol)))
                .isInstanceOf(PickleException.class)
                .hasMessageStartingWith("the file asks for '" + name + "', which is refused");
    }

    @Test
    void a_name_is_never_taken_for_one_of_java() {
        assertRefused("cjava.lang.Runtime\ngetRuntime\n)R.", "'java.lang.Runtime.getRuntime'");
        assertRefused("(ijava.io.File\n<init>\n.", "'java.io.File.<init>'");
    }

    @Test
    void a_name_that_would_upset_a_terminal_is_made_printable() {
        assertRefused("\u008c\6a\33[2J\n\u008c\1b\u0093.", "'a?[2J?.b'");
        assertRefused("\u008c\3a\u00e2\u0080\u008c\1b\u0093.", "UTF-8");
        assertRefused("\u008c\u00c8" + "x".repeat(200) + "\u008c\1b\u0093.", "x...'");
    }

    @Test
    void arrays_of_objects_records_and_sets_are_refused() {
        assertThatThrownBy(() -> read(RecordedPickles.get("object_array", 2))).hasMessageContaining("dtype 'O8'");
        assertThatThrownBy(() -> read(RecordedPickles.get("record_array", 2))).hasMessageContaining("dtype 'V4'");
        assertThatThrownBy(() -> read(RecordedPickles.get("set", 4))).hasMessageContaining("set");
    }

    @ParameterizedTest
    @CsvSource({"plain, 2", "plain, 5", "arrays, 0", "arrays, 2", "arrays, 5", "python2_cifar, 2"})
    void every_truncation_is_refused(String name, int protocol) {
        byte[] whole = RecordedPickles.get(name, protocol);
        for (int length = 0; length < whole.length; length++) {
            byte[] part = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> read(part)).isInstanceOf(PickleException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u008d", "\u008e", "\u0095", "\u0096"})
    void a_length_of_2_to_the_60_is_refused_before_anything_is_allocated(String instruction) {
        assertRefused(
                instruction + "\0\0\0\0\0\0\0\20rest.",
                "a length of 1152921504606846976 bytes, where at most 5 are left (at byte 9 of the pickle)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"X", "B", "T", "\u008b"})
    void a_length_of_4_gigabytes_is_refused_before_anything_is_allocated(String instruction) {
        assertRefused(instruction + "\u00ff\u00ff\u00ff\u00ffrest.", "a length of 4294967295 bytes");
    }

    @Test
    void a_length_beyond_the_signed_range_is_refused() {
        assertRefused("\u008e" + "\u00ff".repeat(8) + ".", "a length of 18446744073709551615 bytes");
    }

    @Test
    void the_length_of_a_stream_bounds_what_it_may_claim() {
        byte[] claim = {'X', 0, 0, 0, 64, '.'};
        assertThatThrownBy(() -> Unpickler.defaults().read(new ByteArrayInputStream(claim), claim.length))
                .hasMessageStartingWith("a length of 1073741824 bytes, where at most 1 are left");
    }

    @Test
    void deep_nesting_ends_at_the_stack_limit() {
        assertRefused("(".repeat(100_001), "more than 100000 values on the stack (at byte 100000 of the pickle)");
        assertRefused("]".repeat(100_001), "more than 100000 values on the stack");
    }

    @Test
    void nesting_within_the_limits_is_read_without_recursion() throws IOException {
        assertThat(read(")" + "\u0085".repeat(400_000) + ".")).isInstanceOf(List.class);
        assertThat(read("]".repeat(50_000) + "a".repeat(49_999) + ".")).isInstanceOf(List.class);
    }

    @Test
    void memo_bombs_end_at_the_memo_limit() {
        Unpickler unpickler =
                Unpickler.defaults().withLimits(PickleLimits.defaults().withMemo(100));
        byte[] bomb = ("N" + "\u0094".repeat(101) + ".").getBytes(StandardCharsets.ISO_8859_1);
        byte[] sparse = "Nr\u00ff\u00ff\u00ff\177.".getBytes(StandardCharsets.ISO_8859_1);

        assertThatThrownBy(() -> unpickler.read(bomb)).hasMessageStartingWith("more than 100 values kept for later");
        assertThat(catchThrowable(() -> unpickler.read(sparse))).isNull();
        assertRefused("Nr\u00ff\u00ff\u00ff\u00ff.", "a reference outside the memo");
    }

    @Test
    void elements_end_at_their_limit() {
        Unpickler unpickler =
                Unpickler.defaults().withLimits(PickleLimits.defaults().withElements(1000));
        byte[] growing = ("](" + "N".repeat(200) + "e" + ("(" + "N".repeat(200) + "e").repeat(5) + ".")
                .getBytes(StandardCharsets.ISO_8859_1);

        assertThatThrownBy(() -> unpickler.read(growing)).hasMessageStartingWith("more than 1000 elements");
    }

    @Test
    void tuples_that_double_are_shared_and_never_expanded() throws IOException {
        // 2 to the 1000 leaves, were it printed or hashed
        assertThat(read(")" + "2\u0086".repeat(1000) + ".")).isInstanceOf(List.class);
        assertRefused("}" + ")" + "2\u0086".repeat(1000) + "Ns.", "a dictionary's key is a number or a string");
    }

    /** Two bytes name a value again; what is made of it anew each time must not add up. */
    @Test
    void copies_of_one_long_string_end_at_a_few_times_the_pickle() {
        String text = "X\0\0\u0004\0" + "x".repeat(1 << 18) + "q\0";
        String bytes = "B\0\0\u0004\0" + "x".repeat(1 << 18) + "q\0";

        assertRefused(
                text + "0c_codecs\nencode\nq\1(" + "h\1h\0\u008c\6latin1\u0086R".repeat(20_000) + "l.",
                "strings copied to ");
        assertRefused(bytes + "0(" + "}h\0Ns".repeat(20_000) + "l.", "strings copied to ");
        assertRefused(
                bytes + "0c__builtin__\nbytes\nq\1(" + "h\1h\0\u0085R".repeat(20_000) + "l.", "strings copied to ");
        assertRefused(
                bytes + "0](h\0N\u0086eq\2ccollections\nOrderedDict\nq\1(" + "h\1h\2\u0085R".repeat(20_000) + "l.",
                "strings copied to ");
    }

    @Test
    void dictionaries_made_of_one_list_again_and_again_end_at_the_limit_of_elements() {
        StringBuilder pairs = new StringBuilder("](");
        for (int i = 0; i < 40_000; i++) {
            pairs.append('M').append((char) (i & 0xff)).append((char) (i >>> 8)).append("N\u0086");
        }
        String repeated = "eq\0ccollections\nOrderedDict\nq\1(" + "h\1h\0\u0085R".repeat(20_000) + "l.";

        assertRefused(pairs + repeated, "more than 500000 elements");
    }

    @Test
    void short_keys_of_python_2_may_come_again_in_every_dictionary() throws IOException {
        assertThat(read("](}U\17momentum_bufferq\0Ns" + "}h\0Ns".repeat(60_000) + "e."))
                .isInstanceOf(List.class);
    }

    @Test
    void a_key_that_comes_twice_is_refused() {
        assertRefused("}(U\1aK\1U\1aK\2u.", "the key 'a' comes twice");
        assertRefused("}(U\1aK\1X\1\0\0\0aK\2u.", "the key 'a' comes twice");
    }

    // spotless:off: one line a case
    static Stream<Arguments> malformed() {
        return Stream.of(
                arguments(".", "needs more values"),
                arguments("0.", "needs more values"),
                arguments("K\1(\u0085.", "needs more values"),
                arguments("t.", "where none was begun"),
                arguments("K\1a.", "needs more values"),
                arguments("NNa.", "not a list"),
                arguments("NNNs.", "not a dictionary"),
                arguments("}(Nu.", "has no value"),
                arguments("h\7.", "never kept"),
                arguments("g-1\n.", "outside the memo"),
                arguments("NNR.", "called that cannot be"),
                arguments("ccollections\nOrderedDict\n]R.", "not a tuple"),
                arguments("ccollections\nOrderedDict\nN\u0085R.", "list of pairs"),
                arguments("(o.", "a call of nothing"),
                arguments("ccollections\nOrderedDict\n)}K\1K\1s\u0092.", "keyword arguments"),
                arguments("NK\1\u0093.", "a name that is not text"),
                arguments("K\1Q.", "a reference to a value outside"),
                arguments("Pa\n.", "a reference to a value outside"),
                arguments("\u0097.", "buffer"),
                arguments("\u0082\1.", "extension registry"),
                arguments("\u0080\6.", "protocol 6"),
                arguments("\u00ff.", "0xff is not an instruction"),
                arguments("I1x\n.", "not a whole number"),
                arguments("F0x1p3\n.", "not a number"),
                arguments("S'a\n.", "without its quotes"),
                arguments("S'\\q'\n.", "unknown escape"),
                arguments("S'\\x1'\n.", "not hexadecimal"),
                arguments("V\\U00110000\n.", "beyond Unicode"),
                arguments("X\1\0\0\0\u00ff.", "not UTF-8"));
    }
    // spotless:on

    @ParameterizedTest
    @MethodSource("malformed")
    void malformed_pickles_are_refused_with_a_reason(String pickle, String reason) {
        assertRefused(pickle, reason);
    }

    @Test
    void numbers_too_long_to_be_real_are_refused_without_being_computed() {
        assertRefused("L" + "9".repeat(1_000_000) + "L\n.", "a whole number of 1000000 digits is too long");
        assertRefused("\u008b\0\20\0\0" + "x".repeat(4096) + ".", "a whole number of 4096 digits is too long");
    }

    @Test
    void an_array_has_as_many_bytes_as_its_shape_says() {
        String type = "cnumpy\ndtype\nU\2f4\u0085R";
        String buffer = "cnumpy.core.numeric\n_frombuffer\n(C\4abcd" + type;

        assertRefused(buffer + "K\2\u0085U\1CtR.", "takes bytes, a dtype, a shape and an order");
        assertRefused(buffer + "K\2\u0085\u008c\1CtR.", "[2] and dtype <f4 does not have 4 bytes");
        assertRefused(buffer + "(J\377\377\377\177J\377\377\377\177J\377\377\377\177t\u008c\1CtR.", "does not have 4");
        assertRefused(buffer + "(" + "K\1".repeat(65) + "t\u008c\1CtR.", "an array of 65 dimensions");
        assertRefused(buffer + "J\377\377\377\377\u0085\u008c\1CtR.", "a whole number from 0");
    }

    @Test
    void whatever_is_changed_in_a_pickle_it_is_read_or_refused() {
        long seed = 20_26;
        Random random = new Random(seed);
        List<byte[]> originals = List.of(
                RecordedPickles.get("plain", 0),
                RecordedPickles.get("plain", 4),
                RecordedPickles.get("arrays", 2),
                RecordedPickles.get("arrays", 5),
                RecordedPickles.get("python2_cifar", 2));
        for (int round = 0; round < 5_000; round++) {
            byte[] pickle = originals.get(round % originals.size()).clone();
            for (int change = random.nextInt(4); change >= 0; change--) {
                pickle[random.nextInt(pickle.length)] = (byte) random.nextInt(256);
            }
            Throwable thrown = catchThrowable(() -> read(pickle));
            assertThat(thrown == null || thrown instanceof PickleException)
                    .as("seed %d, round %d: %s", seed, round, thrown)
                    .isTrue();
        }
    }
}
