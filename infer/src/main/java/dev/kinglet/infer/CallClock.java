package dev.kinglet.infer;

import dev.kinglet.infer.ClassifierListener.CallTimes;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Measures the phases of one call, one after the other, and notifies the listener at its end. Used by one thread. */
final class CallClock {
    /** For calls nobody listens to: reads no clock, and any thread may use it. */
    static final CallClock OFF = new CallClock(null, 0);

    private final @Nullable ClassifierListener listener;
    private final int images;
    private final Map<Phase, Long> nanos = new EnumMap<>(Phase.class);
    private long last;

    /** A part of a call; each may come several times. */
    enum Phase {
        DECODE,
        PREPARE,
        WAIT,
        RUN
    }

    private CallClock(@Nullable ClassifierListener listener, int images) {
        this.listener = listener;
        this.images = images;
    }

    static CallClock started(ClassifierListener listener, int images) {
        CallClock clock = new CallClock(listener, images);
        clock.last = System.nanoTime();
        return clock;
    }

    /** Adds the time since the last phase ended to this one. */
    void ended(Phase phase) {
        if (listener != null) {
            long now = System.nanoTime();
            nanos.merge(phase, now - last, Long::sum);
            last = now;
        }
    }

    void answered() {
        if (listener != null) {
            notifyListener(listener, target -> target.answered(times()));
        }
    }

    void failed(Throwable reason) {
        if (listener != null) {
            notifyListener(listener, target -> target.failed(times(), reason));
        }
    }

    private CallTimes times() {
        return new CallTimes(images, nanos(Phase.DECODE), nanos(Phase.PREPARE), nanos(Phase.WAIT), nanos(Phase.RUN));
    }

    private long nanos(Phase phase) {
        return nanos.getOrDefault(phase, 0L);
    }

    private static void notifyListener(ClassifierListener listener, Consumer<ClassifierListener> event) {
        try {
            event.accept(listener);
        } catch (RuntimeException e) {
            Log.LOG.warn("the listener of a classifier failed; its caller gets the answer all the same", e);
        }
    }

    /** Initialized when there is something to log: an application without a logger sees SLF4J's notice only then. */
    private static final class Log {
        static final Logger LOG = LoggerFactory.getLogger(CallClock.class);
    }
}
