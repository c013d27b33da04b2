package dev.kinglet.serve.transport;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpObject;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.stream.SubscriptionOption;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.EventExecutor;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntConsumer;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * Reads the body of a request into one array. Each part is copied to its place when it arrives; the library's own aggregation
 * copies each, and at the end all of them together.
 */
public final class RequestBody {
    private static final int AHEAD = 4; // times what has come, at most, is held for what is announced

    private RequestBody() {}

    /**
     * Reads it.
     *
     * @param executor that of the request
     * @param hold called before so many more bytes are held; what it throws ends the request
     * @return the body; or why the request ended before it
     */
    public static CompletableFuture<byte[]> read(HttpRequest request, EventExecutor executor, IntConsumer hold) {
        Parts parts = new Parts(request, hold);
        request.subscribe(parts, executor, SubscriptionOption.WITH_POOLED_OBJECTS);
        return parts.body;
    }

    private static final class Parts implements Subscriber<HttpObject> {
        private final CompletableFuture<byte[]> body = new CompletableFuture<>();
        private final HttpRequest request;
        private final long announced; // -1 where it is not
        private final IntConsumer hold;
        private byte[] bytes = {};
        private int size;

        Parts(HttpRequest request, IntConsumer hold) {
            this.request = request;
            this.announced = request.headers().contentLength();
            this.hold = hold;
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(HttpObject part) {
            if (part instanceof HttpData data) { // else trailers
                try (data) {
                    if (!body.isDone()) {
                        add(data);
                    }
                } catch (RuntimeException e) {
                    body.completeExceptionally(e);
                    request.abort(e);
                }
            }
        }

        private void add(HttpData part) {
            int end = Math.addExact(size, part.length());
            if (end > bytes.length) {
                grow(end);
            }
            ByteBuf buffer = part.byteBuf();
            buffer.getBytes(buffer.readerIndex(), bytes, size, part.length());
            size = end;
        }

        private void grow(int end) {
            long length = end <= announced
                    ? Math.min(announced, (long) AHEAD * end)
                    : Math.max(end, Math.min(2L * bytes.length, Integer.MAX_VALUE - Long.BYTES));
            hold.accept((int) length - bytes.length);
            bytes = Arrays.copyOf(bytes, (int) length);
        }

        @Override
        public void onError(Throwable failure) {
            body.completeExceptionally(failure);
        }

        @Override
        public void onComplete() {
            body.complete(size == bytes.length ? bytes : Arrays.copyOf(bytes, size));
        }
    }
}
