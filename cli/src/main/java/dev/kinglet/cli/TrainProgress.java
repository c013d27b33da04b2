package dev.kinglet.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.kinglet.train.TrainingListener;
import dev.kinglet.train.metrics.EpochResult;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** How a run goes, for a person at a terminal: a bar with the time that is left, and a line an epoch. */
final class TrainProgress implements TrainingListener, AutoCloseable {
    private static final int WIDTH = 100; // columns

    private final Console console;
    private @Nullable ProgressBar bar;
    private long done; // steps of the whole run

    private TrainProgress(Console console) {
        this.console = console;
    }

    /** The bar where there is a terminal; elsewhere nothing but the log's lines, which a terminal then does without. */
    static TrainProgress on(Console console) {
        if (console.terminal() && LoggerFactory.getLogger("dev.kinglet.train") instanceof Logger log) {
            log.setLevel(Level.WARN); // the run's own log still has every line
        }
        return new TrainProgress(console);
    }

    @Override
    public void onStart(Plan plan) {
        if (console.terminal()) {
            done = plan.stepsDone();
            bar = new ProgressBarBuilder()
                    .setTaskName("training")
                    .setInitialMax(plan.steps())
                    .startsFrom(done, Duration.ZERO)
                    .setStyle(ProgressBarStyle.ASCII)
                    .setUpdateIntervalMillis(200)
                    .setConsumer(new ConsoleProgressBarConsumer(console.err(), WIDTH))
                    .build();
        }
    }

    @Override
    public void onStep(Step step) {
        if (bar != null) {
            bar.step();
            bar.setExtraMessage(String.format(
                    Locale.ROOT, " epoch %d, loss %.3f, top-1 %.1f %%", step.epoch(), step.meanLoss(), step.top1()));
        }
    }

    @Override
    public void onEpoch(EpochResult result, boolean best) {
        if (bar != null) {
            console.note("\r%s%s", result, best ? ", the best so far" : "");
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }
}
