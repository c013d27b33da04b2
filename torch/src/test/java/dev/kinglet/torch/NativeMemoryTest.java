package dev.kinglet.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.image.Batch;
import dev.kinglet.train.options.LearnerSettings;
import dev.kinglet.train.options.Optimizer;
import dev.kinglet.train.options.OptimizerSettings;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("native")
class NativeMemoryTest {
    private static final Optimizer SGD =
            new Optimizer.Sgd(0.9, Optimizer.Sgd.Momentum.CLASSIC, 0, Optimizer.Decay.EVERYTHING);

    private long before;

    @BeforeEach
    void keepLimit() {
        before = NativeMemory.limit();
    }

    @AfterEach
    void restoreLimit() {
        NativeMemory.limit(before);
    }

    @Test
    void a_step_beyond_the_limit_is_refused_and_leaves_the_learner_as_it_was() {
        Batch batch = SmallNetwork.batch(0, 8);
        try (TorchLearner learner =
                TorchLearner.of(SmallNetwork.model(), new LearnerSettings(OptimizerSettings.of(SGD), 0, 1))) {
            NativeMemory.limit(Pointer.physicalBytes() / 2);
            assertThatThrownBy(() -> learner.step(batch, 0.1))
                    .isInstanceOf(OutOfMemoryError.class)
                    .hasMessageMatching("the process holds \\d+ MiB of memory, of at most \\d+ MiB");
            NativeMemory.limit(Long.MAX_VALUE);
            double first = learner.step(batch, 0.1).loss();
            try (TorchLearner fresh =
                    TorchLearner.of(SmallNetwork.model(), new LearnerSettings(OptimizerSettings.of(SGD), 0, 1))) {
                assertThat(fresh.step(batch, 0.1).loss()).isEqualTo(first);
            }
        }
    }
}
