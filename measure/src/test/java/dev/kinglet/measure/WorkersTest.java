package dev.kinglet.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WorkersTest {
    @Test
    void all_work_at_the_same_time() {
        Set<Integer> numbers = ConcurrentHashMap.newKeySet();
        CountDownLatch all = new CountDownLatch(3);
        try (Workers workers = new Workers(3)) {
            workers.run(worker -> {
                numbers.add(worker);
                all.countDown();
                await(all); // for ever, if one waited for another
            });
        }
        assertThat(numbers).containsExactlyInAnyOrder(0, 1, 2);
    }

    @Test
    void one_worker_is_the_caller() {
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        try (Workers workers = new Workers(1)) {
            workers.run(worker -> threads.add(Thread.currentThread()));
        }
        assertThat(threads).containsExactly(Thread.currentThread());
    }

    @Test
    void a_failure_waits_until_the_others_are_done() {
        AtomicInteger done = new AtomicInteger();
        CountDownLatch failed = new CountDownLatch(1);
        try (Workers workers = new Workers(3)) {
            assertThatThrownBy(() -> workers.run(worker -> {
                        if (worker == 0) {
                            failed.countDown();
                            throw new IllegalStateException("the first one");
                        }
                        await(failed);
                        done.incrementAndGet();
                    }))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("the first one");
        }
        assertThat(done).hasValue(2);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
