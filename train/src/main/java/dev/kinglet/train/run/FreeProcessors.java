package dev.kinglet.train.run;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The number of compute threads that leaves other programs their processors. Threads that wait for each other after every
 * operation all wait for the one whose processor another program has, so that on a busy machine more threads than free
 * processors take many times as long as fewer.
 */
final class FreeProcessors {
    private static final long INTERVAL = TimeUnit.SECONDS.toNanos(2);
    private static final double MARGIN = 0.25; // of a processor that others may use where a thread is added

    private final int processors;
    private final OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private int threads;
    private boolean wasFree; // for another thread, when last looked at
    private long looked = System.nanoTime();

    /**
     * Another number of threads from now on.
     *
     * @param others processors that other programs used
     */
    record Change(int before, int threads, double others, int processors) {
        @Override
        public String toString() {
            return "Compute threads: " + threads + " instead of " + before + ", for other programs use "
                    + String.format(Locale.ROOT, "%.1f", others) + " of " + processors
                    + " processors; sums are rounded otherwise with another number, and --threads fixes it";
        }
    }

    /** Begins with as many threads as there are processors. */
    FreeProcessors(int processors) {
        this.processors = processors;
        this.threads = processors;
        load(); // the system's count begins with the first look
    }

    /** Looks at the machine, if that was not done just before. */
    Optional<Change> look() {
        if (processors == 1 || System.nanoTime() - looked < INTERVAL) {
            return Optional.empty();
        }
        looked = System.nanoTime();
        return decide(load());
    }

    /** Processors that other programs have used since the last look. */
    private double load() {
        double all = system.getCpuLoad();
        double own = system.getProcessCpuLoad();
        return all < 0 || own < 0 ? 0 : Math.max(0, all - own) * processors; // negative: the system does not tell
    }

    /** Fewer threads at once, more only if there is room for them twice in a row. */
    Optional<Change> decide(double others) {
        int before = threads;
        int fitting = atLeastOne(Math.round(processors - others));
        int surelyFitting = atLeastOne((long) Math.floor(processors - others + MARGIN));
        if (fitting < threads) {
            threads = fitting;
        } else if (surelyFitting > threads && wasFree) {
            threads = surelyFitting;
        }
        wasFree = surelyFitting > before;
        return threads == before ? Optional.empty() : Optional.of(new Change(before, threads, others, processors));
    }

    private int atLeastOne(long number) {
        return (int) Math.max(1, Math.min(processors, number));
    }
}
