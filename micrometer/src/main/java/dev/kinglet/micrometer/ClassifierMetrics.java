package dev.kinglet.micrometer;

import dev.kinglet.image.ImageException;
import dev.kinglet.infer.ClassifierListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.io.IOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * Meters of the calls of one classifier. Each has the tag {@code model}; all are registered at once, so that a rate begins
 * at 0.
 *
 * <table>
 *   <caption>Meters</caption>
 *   <tr><th>name</th><th>type</th><th>tag</th><th>meaning</th></tr>
 *   <tr><td>{@value #CALLS}</td><td>timer</td><td></td><td>answered calls, whole</td></tr>
 *   <tr><td>{@value #PHASES}</td><td>timer</td><td>{@code phase}: {@code decode}, {@code prepare}, {@code wait},
 *       {@code run}</td><td>the phases of answered calls; one that a call does not need is not recorded</td></tr>
 *   <tr><td>{@value #IMAGES}</td><td>counter</td><td></td><td>images of answered calls</td></tr>
 *   <tr><td>{@value #FAILURES}</td><td>counter</td><td>{@code kind}, see {@link FailureKind}</td><td>calls that
 *       threw</td></tr>
 * </table>
 */
public final class ClassifierMetrics implements ClassifierListener {
    public static final String CALLS = "kinglet.classifier.calls";
    public static final String PHASES = "kinglet.classifier.phases";
    public static final String IMAGES = "kinglet.classifier.images";
    public static final String FAILURES = "kinglet.classifier.failures";

    private static final String MODEL = "model";
    private static final String PHASE = "phase";
    private static final String KIND = "kind";

    private final Timer calls;
    private final Timer decode;
    private final Timer prepare;
    private final Timer wait;
    private final Timer run;
    private final Counter images;
    private final Map<FailureKind, Counter> failures = new EnumMap<>(FailureKind.class);

    /** Reasons for which a call throws. */
    public enum FailureKind {
        /** The image cannot be decoded or used, or is beyond the limits: an {@link ImageException}. */
        IMAGE,
        /** The caller's stream could not be read: another {@link IOException}. */
        STREAM,
        /** An argument is wrong or null. */
        ARGUMENT,
        /** The classifier is closed, could not be opened, or failed in ONNX Runtime: an {@link IllegalStateException}. */
        CLASSIFIER,
        /** Anything else, such as too little memory. */
        OTHER;

        static FailureKind of(Throwable reason) {
            if (reason instanceof ImageException) {
                return IMAGE;
            }
            if (reason instanceof IOException) {
                return STREAM;
            }
            if (reason instanceof IllegalArgumentException || reason instanceof NullPointerException) {
                return ARGUMENT;
            }
            return reason instanceof IllegalStateException ? CLASSIFIER : OTHER;
        }

        /** Value of the tag: the name in lower case. */
        public String tag() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** @param model value of the tag {@code model} */
    public ClassifierMetrics(MeterRegistry registry, String model) {
        this(registry, model, List.of());
    }

    /**
     * @param model value of the tag {@code model}
     * @param more tags of every meter
     */
    public ClassifierMetrics(MeterRegistry registry, String model, Iterable<Tag> more) {
        Tags tags = Tags.of(more).and(MODEL, model);
        calls = Timer.builder(CALLS)
                .description("Answered calls of a classifier")
                .tags(tags)
                .register(registry);
        decode = phase(registry, tags, "decode");
        prepare = phase(registry, tags, "prepare");
        wait = phase(registry, tags, "wait");
        run = phase(registry, tags, "run");
        images = Counter.builder(IMAGES)
                .description("Images of answered calls")
                .tags(tags)
                .register(registry);
        for (FailureKind kind : FailureKind.values()) {
            failures.put(
                    kind,
                    Counter.builder(FAILURES)
                            .description("Calls of a classifier that threw")
                            .tags(tags.and(KIND, kind.tag()))
                            .register(registry));
        }
    }

    private static Timer phase(MeterRegistry registry, Tags tags, String phase) {
        return Timer.builder(PHASES)
                .description("Phases of answered calls")
                .tags(tags.and(PHASE, phase))
                .register(registry);
    }

    @Override
    public void answered(CallTimes times) {
        calls.record(times.totalNanos(), TimeUnit.NANOSECONDS);
        record(decode, times.decodeNanos());
        record(prepare, times.prepareNanos());
        record(wait, times.waitNanos());
        record(run, times.runNanos());
        images.increment(times.images());
    }

    private static void record(Timer phase, long nanos) {
        if (nanos > 0) {
            phase.record(nanos, TimeUnit.NANOSECONDS);
        }
    }

    @Override
    public void failed(CallTimes times, Throwable reason) {
        Objects.requireNonNull(failures.get(FailureKind.of(reason))).increment(); // every kind has one
    }
}
