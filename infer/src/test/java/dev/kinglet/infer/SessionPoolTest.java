package dev.kinglet.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kinglet.network.Model;
import dev.kinglet.onnx.OnnxException;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.onnx.samples.SampleModels;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("native")
@Timeout(60)
class SessionPoolTest {
    private static final Model MODEL = SampleModels.withRandomState(SampleModels.everyOp(), 1);
    private static final int ELEMENTS = 3 * SampleModels.PIXELS * SampleModels.PIXELS;

    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    private static SessionPool pool(int sessions) throws OnnxException {
        return new SessionPool(OnnxFile.of(MODEL), "model.onnx", sessions);
    }

    private static SessionPool.Images zeros() {
        return (first, count, buffer) -> buffer.asFloatBuffer().put(new float[count * ELEMENTS]);
    }

    /** A call that holds a session from {@code begun} until {@code release}. */
    private Future<float[]> held(SessionPool pool, CountDownLatch begun, CountDownLatch release) {
        return threads.submit(() -> pool.logits(1, (first, count, buffer) -> {
            buffer.asFloatBuffer().put(new float[ELEMENTS]);
            begun.countDown();
            try {
                release.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }));
    }

    private static void assertWaits(Future<?> call) {
        assertThatThrownBy(() -> call.get(200, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
    }

    @Test
    void closing_waits_for_a_running_call_and_refuses_the_waiting_and_the_later() throws Exception {
        SessionPool pool = pool(1);
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        Future<float[]> running = held(pool, begun, release);
        begun.await();
        Future<float[]> waiting = threads.submit(() -> pool.logits(1, zeros()));
        assertWaits(waiting);
        Future<?> closing = threads.submit(pool::close);
        Future<?> closingToo = threads.submit(pool::close);
        assertWaits(closing);
        assertWaits(closingToo);
        assertThatThrownBy(waiting::get)
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the classifier of model.onnx is closed");
        release.countDown();
        closing.get();
        closingToo.get();
        assertThat(running.get()).hasSize(5);
        assertThatThrownBy(() -> pool.logits(1, zeros())).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void as_many_calls_run_at_once_as_there_are_sessions() throws Exception {
        try (SessionPool pool = pool(2)) {
            CountDownLatch bothBegun = new CountDownLatch(2);
            CountDownLatch release = new CountDownLatch(1);
            Future<float[]> first = held(pool, bothBegun, release);
            Future<float[]> second = held(pool, bothBegun, release);
            bothBegun.await();
            Future<float[]> third = threads.submit(() -> pool.logits(1, zeros()));
            assertWaits(third);
            release.countDown();
            assertThat(third.get()).isEqualTo(first.get()).isEqualTo(second.get());
        }
    }

    @Test
    void warm_up_runs_every_session_and_gives_all_back() throws Exception {
        try (SessionPool pool = pool(3)) {
            AtomicInteger runs = new AtomicInteger();
            pool.warmUp((first, count, buffer) -> {
                runs.incrementAndGet();
                buffer.asFloatBuffer().put(new float[ELEMENTS]);
            });
            assertThat(runs).hasValue(3);
            CountDownLatch allBegun = new CountDownLatch(3);
            CountDownLatch release = new CountDownLatch(1);
            List<Future<float[]>> calls = List.of(
                    held(pool, allBegun, release), held(pool, allBegun, release), held(pool, allBegun, release));
            allBegun.await();
            release.countDown();
            for (Future<float[]> call : calls) {
                assertThat(call.get()).hasSize(5);
            }
        }
    }

    @Test
    void a_call_that_fails_gives_its_session_back() throws Exception {
        try (SessionPool pool = pool(1)) {
            assertThatThrownBy(() -> pool.logits(1, (first, count, buffer) -> {
                        throw new UnsupportedOperationException("on purpose");
                    }))
                    .hasMessage("on purpose");
            assertThat(pool.logits(1, zeros())).hasSize(5);
        }
    }

    @Test
    void any_number_of_images_is_run_in_batches() throws Exception {
        try (SessionPool pool = pool(1)) {
            int count = 2 * SessionPool.MAX_BATCH + 3;
            float[] all = pool.logits(count, (first, batch, buffer) -> {
                FloatBuffer floats = buffer.asFloatBuffer();
                for (int i = first; i < first + batch; i++) {
                    floats.put(image(i));
                }
            });
            assertThat(all).hasSize(count * 5);
            for (int i = 0; i < count; i++) {
                int index = i;
                float[] one = pool.logits(
                        1, (first, batch, buffer) -> buffer.asFloatBuffer().put(image(index)));
                for (int c = 0; c < 5; c++) {
                    assertThat(all[i * 5 + c]).isCloseTo(one[c], within(1e-5f));
                }
            }
            assertThat(pool.logits(0, zeros())).isEmpty();
        }
    }

    private static float[] image(int seed) {
        float[] image = new float[ELEMENTS];
        for (int i = 0; i < ELEMENTS; i++) {
            image[i] = (float) Math.sin(seed + i * 0.1 * (seed + 1));
        }
        return image;
    }
}
