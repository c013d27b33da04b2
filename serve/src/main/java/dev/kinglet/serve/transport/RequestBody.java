package dev.kinglet.serve.transport;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpObject;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.stream.SubscriptionOption;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.EventExecutor;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntPredicate;
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
     * @param mayHold asked before so many more bytes are held; if it says no, it has ended the request
     * @return the body; or why the request ended before it
     */
    public static CompletableFuture<byte[]> read(HttpRequest request, EventExecutor executor, IntPredicate mayHold) {
        Parts parts = new Parts(request.headers().contentLength(), mayHold);
        request.subscribe(parts, executor, SubscriptionOption.WITH_POOLED_OBJECTS);
        return parts.body;
    }

    private static final class Parts implements Subscriber<HttpObject> {
        private final CompletableFuture<byte[]> body = new CompletableFuture<>();
        private final long announced; // -1 where it is not
        private final IntPredicate mayHold;
        private byte[] bytes = {};
        private int size;

        Parts(long announced, IntPredicate mayHold) {
            this.announced = announced;
            this.mayHold = mayHold;
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(HttpObject part) {
            if (part instanceof HttpData data) { // else trailers
                try (data) {
                    int end = Math.addExact(size, data.length());
                    if (end <= bytes.length || grow(end)) {
                        ByteBuf buffer = data.byteBuf();
                        buffer.getBytes(buffer.readerIndex(), bytes, size, data.length());
                        size = end;
                    }
                }
            }
        }

        private boolean grow(int end) {
            long length = end <= announced
                    ? Math.min(announced, (long) AHEAD * end)
                    : Math.max(end, Math.min(2L * bytes.length, Integer.MAX_VALUE - Long.BYTES));
            boolean may = mayHold.test((int) length - bytes.length);
            if (may) {
                bytes = Arrays.copyOf(bytes, (int) length);
            }
            return may;
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
