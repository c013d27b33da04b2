package dev.kinglet.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.image.ImageException;
import dev.kinglet.image.RgbImage;
import dev.kinglet.infer.ClassifierListener.CallTimes;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.onnx.samples.SampleModels;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("native")
class ClassifierListenerTest {
    private static final OnnxFile FILE = OnnxFile.of(SampleModels.withRandomState(SampleModels.everyOp(), 1));
    private static final RgbImage GRAY = new RgbImage(20, 20, new byte[20 * 20 * 3]);
    private static final byte[] BMP = HexFormat.of()
            .parseHex("424d3a000000000000003600000028000000010000000100000001001800000000000400000000000000"
                    + "00000000000000000000000000000000");

    private final List<CallTimes> answered = new ArrayList<>();
    private final List<CallTimes> failed = new ArrayList<>();
    private final List<Throwable> reasons = new ArrayList<>();

    private final ClassifierListener listener = new ClassifierListener() {
        @Override
        public void answered(CallTimes times) {
            answered.add(times);
        }

        @Override
        public void failed(CallTimes times, Throwable reason) {
            failed.add(times);
            reasons.add(reason);
        }
    };

    private static Classifier classifier(ClassifierOptions options) throws IOException {
        return Classifier.of(FILE, "model.onnx", options.withSessions(3));
    }

    @Test
    void each_call_is_one_event_with_the_time_of_each_phase() throws IOException {
        try (Classifier classifier = classifier(ClassifierOptions.defaults().withListener(listener))) {
            long begin = System.nanoTime();
            classifier.classify(BMP);
            long nanos = System.nanoTime() - begin;
            assertThat(answered).hasSize(1);
            CallTimes times = answered.get(0);
            assertThat(List.of(times.decodeNanos(), times.prepareNanos(), times.waitNanos(), times.runNanos()))
                    .allMatch(part -> part > 0);
            assertThat(times.totalNanos())
                    .isEqualTo(times.decodeNanos() + times.prepareNanos() + times.waitNanos() + times.runNanos())
                    .isLessThanOrEqualTo(nanos);

            classifier.classify(List.of(GRAY, GRAY, GRAY));
            classifier.logits(GRAY, GRAY);
            classifier.logits(new float[2 * 768], 2);
            assertThat(answered).extracting(CallTimes::images).containsExactly(1, 3, 2, 2);
            assertThat(answered.subList(1, 4)).allMatch(call -> call.decodeNanos() == 0);
            assertThat(failed).isEmpty();
        }
    }

    @Test
    void a_failed_call_is_one_event_with_the_callers_exception() throws IOException {
        Classifier classifier = classifier(ClassifierOptions.defaults().withListener(listener));
        assertThatThrownBy(() -> classifier.classify(new byte[10])).isInstanceOf(ImageException.class);
        classifier.close();
        assertThatThrownBy(() -> classifier.classify(GRAY)).isInstanceOf(IllegalStateException.class);
        assertThat(answered).isEmpty();
        assertThat(reasons).hasExactlyElementsOfTypes(ImageException.class, IllegalStateException.class);
        assertThat(failed).allMatch(times -> times.runNanos() == 0);
    }

    @Test
    void a_listener_that_fails_costs_no_answer() throws IOException {
        ClassifierListener broken = new ClassifierListener() {
            @Override
            public void answered(CallTimes times) {
                throw new IllegalStateException("no room for one more number");
            }

            @Override
            public void failed(CallTimes times, Throwable reason) {
                throw new IllegalStateException("no room for one more number");
            }
        };
        try (Classifier classifier = classifier(ClassifierOptions.defaults().withListener(broken))) {
            assertThat(classifier.classify(GRAY)).isNotEmpty();
            assertThatThrownBy(() -> classifier.classify(new byte[10])).isInstanceOf(ImageException.class);
        }
    }

    @Test
    void every_listener_is_notified_even_if_an_earlier_one_fails() throws IOException {
        ClassifierListener broken = new ClassifierListener() {
            @Override
            public void answered(CallTimes times) {
                throw new IllegalStateException("no room for one more number");
            }

            @Override
            public void failed(CallTimes times, Throwable reason) {
                throw new IllegalStateException("no room for one more number");
            }
        };
        ClassifierOptions options =
                ClassifierOptions.defaults().withListener(broken).withListener(listener);
        try (Classifier classifier = classifier(options)) {
            classifier.classify(GRAY);
            assertThatThrownBy(() -> classifier.classify(new byte[10])).isInstanceOf(ImageException.class);
        }
        assertThat(answered).hasSize(1);
        assertThat(failed).hasSize(1);
    }

    @Test
    void warm_up_is_no_call_and_changes_no_answer() throws IOException {
        try (Classifier cold = classifier(ClassifierOptions.defaults());
                Classifier warm =
                        classifier(ClassifierOptions.defaults().withWarmUp().withListener(listener))) {
            assertThat(answered).isEmpty();
            assertThat(warm.classify(GRAY)).isEqualTo(cold.classify(GRAY));
            assertThat(answered).hasSize(1);
        }
    }
}
