package dev.kinglet.oip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.oip.grpc.InferTensorContents;
import dev.kinglet.oip.grpc.ModelInferRequest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class CodecTest {
    private static final RestCodec REST = new RestCodec(JsonLimits.defaults());

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Tensor random(DataType type, int elements) throws OipException {
        Random random = new Random(elements);
        if (type == DataType.BYTES) {
            return Tensor.ofBytes("x", List.of(utf8("jpeg"), utf8(""), utf8("\u00e4\u4e2d")), 3);
        }
        byte[] bytes = new byte[elements * type.size()];
        random.nextBytes(bytes);
        if (type == DataType.BOOL) {
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] &= 1;
            }
        }
        ByteBuffer data = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (type == DataType.FP32 || type == DataType.FP64 || type.size() == 8) {
            for (int i = 0; i < elements; i++) { // what JSON can hold
                switch (type) {
                    case FP32 -> data.putFloat(i * 4, (float) random.nextGaussian());
                    case FP64 -> data.putDouble(i * 8, random.nextGaussian());
                    default -> data.putLong(i * 8, random.nextInt(1 << 30));
                }
            }
        }
        return Tensor.of("x", type, List.of((long) elements), data);
    }

    private static void assertSame(Tensor found, Tensor expected) {
        assertThat(found.name()).isEqualTo(expected.name());
        assertThat(found.type()).isEqualTo(expected.type());
        assertThat(found.shape()).isEqualTo(expected.shape());
        assertThat(found.data()).isEqualTo(expected.data());
    }

    @ParameterizedTest
    @EnumSource
    void a_tensor_arrives_as_it_was_sent_in_every_form(DataType type) throws OipException {
        Tensor tensor = random(type, 5);
        InferRequest request = new InferRequest("m", tensor);
        assertSame(REST.request("m", "", REST.message(request)).inputs().get(0), tensor);
        assertSame(GrpcCodec.request(GrpcCodec.message(request)).inputs().get(0), tensor);

        InferResponse response = new InferResponse("m", "1", "id", List.of(tensor));
        RestMessage binary = REST.message(response, request);
        assertThat(binary.headerLength()).isPresent();
        assertThat(REST.response(binary)).extracting("model", "version", "id").containsExactly("m", "1", "id");
        assertSame(REST.response(binary).output("x"), tensor);
        assertSame(GrpcCodec.response(GrpcCodec.message(response)).output("x"), tensor);
        if (type != DataType.FP16 && type != DataType.BF16) {
            InferRequest inJson = new InferRequest("m", "", "", List.of(tensor), List.of(), false);
            RestMessage json = REST.message(response, inJson);
            assertThat(json.headerLength()).isEmpty();
            assertSame(REST.response(json).output("x"), tensor);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "BOOL   | [true, false]  | 0100",
                "UINT8  | [255, 0]       | ff00",
                "INT8   | [-128, 127]    | 807f",
                "UINT16 | [65535]        | ffff",
                "INT32  | [[-1], [2]]    | ffffffff02000000",
                "FP32   | [1, [0.5]]     | 0000803f0000003f",
            })
    void numbers_in_json_are_little_endian_numbers(String type, String data, String hex) throws OipException {
        int elements = data.split(",").length;
        RestMessage json = RestMessage.json(utf8("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"" + type
                + "\",\"shape\":[" + elements + "],\"data\":" + data + "}]}"));
        ByteBuffer found = REST.request("m", "", json).inputs().get(0).data();
        byte[] bytes = new byte[found.remaining()];
        found.get(bytes);
        assertThat(java.util.HexFormat.of().formatHex(bytes)).isEqualTo(hex);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "UINT8 | [256]       | 256.0, which is no UINT8",
                "UINT8 | [-1]        | -1.0",
                "INT32 | [0.5]       | 0.5",
                "INT64 | [1e300]     | 1.0E300",
                "FP32  | [true]      | not of datatype FP32",
                "FP32  | ['a']       | not all of datatype FP32",
                "BYTES | [1]         | not all of datatype BYTES",
                "FP32  | [null]      | VALUE_NULL",
                "FP16  | [1]         | binary form only",
                "FP32  | 1           | not START_ARRAY",
                "FP32  | [1, 2]      | has 1 elements, but data has 2",
            })
    void data_that_is_not_of_its_type_is_refused(String type, String data, String said) {
        RestMessage json = RestMessage.json(utf8("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"" + type
                + "\",\"shape\":[1],\"data\":" + data.replace('\'', '"') + "}]}"));
        assertThatThrownBy(() -> REST.request("m", "", json))
                .isInstanceOf(OipException.class)
                .hasMessageContaining(said);
    }

    @Test
    void null_is_as_if_a_field_were_not_there() throws OipException {
        RestMessage json =
                RestMessage.json(utf8("{\"id\":null,\"parameters\":null,\"outputs\":null,\"inputs\":[{\"name\":\"x\","
                        + "\"datatype\":\"FP32\",\"shape\":[1],\"parameters\":null,\"data\":[1]}]}"));
        assertThat(REST.request("m", "", json).inputs().get(0).floats()).containsExactly(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"inputs | {}", "outputs | {}", "inputs | {\"shape\":[#]}"})
    void a_message_has_no_millions_of_parts(String field, String part) {
        String many = part.contains("#") ? part.replace("#", "1,".repeat(99) + "1") : (part + ",").repeat(99) + part;
        RestMessage json = RestMessage.json(utf8("{\"" + field + "\":[" + many + "]}"));
        assertThatThrownBy(() -> REST.request("m", "", json))
                .isInstanceOf(OipException.class)
                .hasMessageContaining("has more than");
    }

    @Test
    void what_is_not_finite_has_no_form_in_json() throws OipException {
        Tensor tensor = Tensor.ofFloats("x", new float[] {Float.NaN}, 1);
        InferResponse response = new InferResponse("m", "1", "", List.of(tensor));
        InferRequest inJson = new InferRequest("m", "", "", List.of(tensor), List.of(), false);
        assertThatThrownBy(() -> REST.message(response, inJson)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void typed_contents_are_read_like_raw_ones() throws OipException {
        ModelInferRequest.Builder request = ModelInferRequest.newBuilder();
        request.addInputsBuilder()
                .setName("x")
                .setDatatype("FP32")
                .addShape(2)
                .setContents(InferTensorContents.newBuilder().addFp32Contents(1).addFp32Contents(2));
        assertThat(GrpcCodec.request(request.build()).inputs().get(0).floats()).containsExactly(1, 2);
        request.getInputsBuilder(0).setShape(0, 3);
        assertThatThrownBy(() -> GrpcCodec.request(request.build())).hasMessageContaining("contents have 2");
    }

    /** Whatever bytes come, they are read or refused. */
    @Test
    void mutated_messages_are_read_or_refused() throws OipException {
        Random random = new Random(5);
        Tensor floats = Tensor.ofFloats("input0", new float[12], 1, 3, 2, 2);
        Tensor images = Tensor.ofBytes("input0", List.of(utf8("one"), utf8("two")), 2);
        InferRequest.Output output = new InferRequest.Output("output0", 3, InferRequest.Form.BINARY);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            InferRequest request = new InferRequest(
                    "m", "", "id", List.of(random.nextBoolean() ? floats : images), List.of(output), true);
            RestMessage message = REST.message(request);
            byte[] bytes = message.bytes().clone();
            for (int change = 0; change <= random.nextInt(3); change++) {
                switch (random.nextInt(3)) {
                    case 0 -> bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
                    case 1 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length) + 1);
                    default -> {
                        int from = random.nextInt(bytes.length);
                        int to = random.nextInt(bytes.length);
                        System.arraycopy(bytes, from, bytes, to, Math.min(8, bytes.length - Math.max(from, to)));
                    }
                }
            }
            int length = message.headerLength().getAsInt() + (random.nextInt(4) == 0 ? random.nextInt(9) - 4 : 0);
            try {
                REST.request("m", "", new RestMessage(bytes, OptionalInt.of(length)));
            } catch (OipException e) {
                assertThat(e.getMessage()).isNotBlank();
                refused++;
            }
        }
        assertThat(refused).isBetween(1_000, 19_999);
    }
}
