package dev.kinglet.serve.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.common.CommonPools;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpRequestWriter;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.RequestHeadersBuilder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;

class RequestBodyTest {
    private static final int PART = 1 << 12;

    private final byte[] bytes = new byte[100_000];
    private final List<ByteBuf> buffers = new ArrayList<>();
    private long held;

    RequestBodyTest() {
        new Random(5).nextBytes(bytes);
    }

    private static HttpRequestWriter request(long announced) {
        RequestHeadersBuilder headers = RequestHeaders.builder(HttpMethod.POST, "/");
        return HttpRequest.streaming((announced < 0 ? headers : headers.contentLength(announced)).build());
    }

    private static CompletableFuture<byte[]> read(HttpRequest request, IntConsumer hold) {
        return RequestBody.read(request, CommonPools.workerGroup().next(), hold);
    }

    /** Some bytes in the middle of a buffer, as the decoder gives them. */
    private HttpData part(int from, int to) {
        ByteBuf buffer = Unpooled.directBuffer()
                .writeZero(7)
                .writeBytes(bytes, from, to - from)
                .skipBytes(7);
        buffers.add(buffer);
        return HttpData.wrap(buffer);
    }

    private void write(HttpRequestWriter request, int from, int to) {
        for (int at = from; at < to; at += PART) {
            request.write(part(at, Math.min(at + PART, to)));
        }
    }

    private byte[] read(long announced) throws Exception {
        HttpRequestWriter request = request(announced);
        write(request, 0, bytes.length);
        request.close();
        return read(request, more -> held += more).get(10, TimeUnit.SECONDS);
    }

    private void assertReleased() {
        assertThat(buffers).isNotEmpty().allMatch(buffer -> buffer.refCnt() == 0);
    }

    @Test
    void an_announced_body_is_read_and_no_more_is_held() throws Exception {
        assertThat(read(bytes.length)).isEqualTo(bytes);
        assertThat(held).isEqualTo(bytes.length);
        assertReleased();
    }

    @Test
    void a_body_may_be_longer_than_announced_or_not_announced() throws Exception {
        assertThat(read(-1)).isEqualTo(bytes);
        assertThat(held).isBetween((long) bytes.length, 2L * bytes.length);
        assertThat(read(10)).as("unpacked").isEqualTo(bytes);
        assertReleased();
    }

    @Test
    void an_announcement_alone_holds_nothing() throws Exception {
        HttpRequestWriter request = request(1 << 30);
        CompletableFuture<byte[]> body = read(request, more -> held += more);
        write(request, 0, 2 * PART);
        request.close(new IllegalStateException("cut"));
        assertThatThrownBy(() -> body.get(10, TimeUnit.SECONDS)).hasRootCauseMessage("cut");
        assertThat(held).isEqualTo(4L * PART);
        assertReleased();
    }

    @Test
    void what_may_not_be_held_is_not() throws Exception {
        HttpRequestWriter request = request(bytes.length);
        write(request, 0, bytes.length);
        request.close();
        List<Integer> asked = new ArrayList<>();
        CompletableFuture<byte[]> body = read(request, more -> {
            asked.add(more);
            throw new IllegalStateException("too much");
        });
        assertThatThrownBy(() -> body.get(10, TimeUnit.SECONDS)).hasRootCauseMessage("too much");
        assertThat(asked).containsExactly(4 * PART);
        assertReleased();
    }
}
