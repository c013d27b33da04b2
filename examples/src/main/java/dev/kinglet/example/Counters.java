package dev.kinglet.example;

import dev.kinglet.infer.ClassifierListener;
import java.util.concurrent.atomic.LongAdder;

/** Sums of what a classifier did, as a library for metrics would keep them. */
final class Counters implements ClassifierListener {
    private final LongAdder answered = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder waitNanos = new LongAdder();
    private final LongAdder totalNanos = new LongAdder();

    @Override
    public void answered(CallTimes times) {
        answered.increment();
        add(times);
    }

    @Override
    public void failed(CallTimes times, Throwable reason) {
        failed.increment();
        add(times);
    }

    private void add(CallTimes times) {
        waitNanos.add(times.waitNanos());
        totalNanos.add(times.totalNanos());
    }

    String json() {
        return "{\"answered\": " + answered + ", \"failed\": " + failed + ", \"wait_ms\": "
                + waitNanos.sum() / 1_000_000 + ", \"total_ms\": " + totalNanos.sum() / 1_000_000 + "}";
    }
}
