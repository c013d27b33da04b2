package dev.kinglet.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.kinglet.cli.console.Console;
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

/** Progress of a run on a terminal: a bar with the remaining time, and one line per epoch. */
final class TrainProgress implements TrainingListener, AutoCloseable {
    private final Console console;
    private @Nullable ProgressBar bar;
    private long done; // steps of the whole run

    /** A bar on a terminal; elsewhere nothing, and the log's lines tell. */
    TrainProgress(Console console) {
        this.console = console;
    }

    /** From the first step on the bar stands for the log's lines of steps; the run's own log still has every line. */
    private static void quietLog() {
        if (LoggerFactory.getLogger("dev.kinglet.train") instanceof Logger log) {
            log.setLevel(Level.WARN);
        }
    }

    @Override
    public void onStart(Plan plan) {
        if (console.terminal()) {
            quietLog();
            done = plan.stepsDone();
            bar = new ProgressBarBuilder()
                    .setTaskName("training")
                    .setInitialMax(plan.steps())
                    .startsFrom(done, Duration.ZERO)
                    .setStyle(ProgressBarStyle.ASCII)
                    .setUpdateIntervalMillis(200)
                    .setConsumer(new ConsoleProgressBarConsumer(console.err()))
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
