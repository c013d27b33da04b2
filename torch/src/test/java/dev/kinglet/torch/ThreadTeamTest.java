package dev.kinglet.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ThreadTeamTest {
    @Test
    void each_task_is_done_once() {
        AtomicInteger[] done = new AtomicInteger[100];
        for (int i = 0; i < done.length; i++) {
            done[i] = new AtomicInteger();
        }
        try (ThreadTeam team = new ThreadTeam(3)) {
            team.run(done.length, (task, thread) -> done[task].incrementAndGet());
        }
        assertThat(done).allMatch(count -> count.get() == 1);
    }

    /** Whichever thread fails, the memory of the tasks may be freed afterwards. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void what_a_task_throws_comes_when_the_others_have_ended(int failing) {
        AtomicInteger working = new AtomicInteger();
        CountDownLatch both = new CountDownLatch(2);
        try (ThreadTeam team = new ThreadTeam(2)) {
            assertThatThrownBy(() -> team.run(2, (task, thread) -> {
                        working.incrementAndGet();
                        both.countDown();
                        await(both);
                        if (thread == failing) {
                            working.decrementAndGet();
                            throw new OutOfMemoryError("no room");
                        }
                        sleep(100);
                        working.decrementAndGet();
                    }))
                    .isInstanceOf(OutOfMemoryError.class)
                    .hasMessage("no room");
            assertThat(working).hasValue(0);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
