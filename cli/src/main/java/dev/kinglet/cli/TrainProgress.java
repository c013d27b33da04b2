package dev.kinglet.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.kinglet.cli.console.Console;
import dev.kinglet.train.TrainingListener;
import dev.kinglet.train.metrics.EpochResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressState;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** Progress of a run on a terminal: a bar with the remaining time, and one line per epoch. */
final class TrainProgress implements TrainingListener, AutoCloseable {
    private static final int FEWEST_CELLS = 10; // of a bar that can be read

    private final Console console;
    private final RunListener onRun;
    private @Nullable ProgressBar bar;
    private long stepsPerEpoch;

    /** A bar on a terminal; elsewhere nothing, and the log's lines tell. */
    TrainProgress(Console console) {
        this(console, run -> {});
    }

    /** @param onRun is given the run's folder before the first step */
    TrainProgress(Console console, RunListener onRun) {
        this.console = console;
        this.onRun = onRun;
    }

    /** Gets a run's folder. */
    interface RunListener {
        void accept(Path run) throws IOException;
    }

    /** From the first step on the bar stands for the log's lines of steps; the run's own log still has every line. */
    private static void quietLog() {
        if (LoggerFactory.getLogger("dev.kinglet.train") instanceof Logger log) {
            log.setLevel(Level.WARN);
        }
    }

    @Override
    public void onStart(Plan plan) {
        try {
            onRun.accept(plan.run());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (console.terminal()) {
            quietLog();
            stepsPerEpoch = plan.stepsPerEpoch();
            bar = new ProgressBarBuilder()
                    .setInitialMax(plan.steps())
                    .startsFrom(plan.stepsDone(), Duration.ZERO)
                    .setUpdateIntervalMillis(200)
                    .setRenderer(TrainProgress::line)
                    .setConsumer(new ConsoleProgressBarConsumer(console.err()))
                    .build();
        }
    }

    @Override
    public void onStep(Step step) {
        if (bar != null) {
            bar.stepTo(step.epoch() * stepsPerEpoch + step.step() + 1); // of accumulated batches, several at once
            bar.setExtraMessage(String.format(
                    Locale.ROOT, "epoch %d: loss %.3f, top-1 %.1f %%", step.epoch(), step.meanLoss(), step.top1()));
        }
    }

    @Override
    public void onEvaluated(int epoch, long images, long ofImages) {
        if (bar != null) {
            bar.setExtraMessage(String.format(Locale.ROOT, "epoch %d: validated %d/%d", epoch, images, ofImages));
        }
    }

    @Override
    public void onEpoch(EpochResult result, boolean best) {
        if (bar != null) {
            console.note("\r%s%s", result, best ? ", best so far" : "");
        }
    }

    private static String line(ProgressState state, int width) {
        return line(
                state.getCurrent(),
                state.getMax(),
                state.getStart(),
                state.getElapsedAfterStart(),
                state.getExtraMessage(),
                width);
    }

    /**
     * The line of the bar.
     *
     * @param done of {@code all} steps
     * @param start steps that were done before this began
     * @param elapsed since then
     * @param width characters of the line at most
     */
    static String line(long done, long all, long start, Duration elapsed, String message, int width) {
        String left = done == start || all <= done
                ? ""
                : time(elapsed.multipliedBy(all - done).dividedBy(done - start)) + " left";
        String begin = String.format(Locale.ROOT, "%3d%% [", all == 0 ? 100 : 100 * done / all);
        String end = "] " + done + "/" + all + (left.isEmpty() ? "" : ", " + left)
                + (message.isEmpty() ? "" : ", " + message);
        int cells = width - begin.length() - end.length();
        if (cells < FEWEST_CELLS) { // a narrow terminal: the message is cut off
            cells = Math.max(0, Math.min(FEWEST_CELLS, width - begin.length()));
        }
        int full = all == 0 ? cells : (int) (cells * done / all);
        String line =
                begin + "=".repeat(full) + (full < cells ? ">" : "") + " ".repeat(Math.max(0, cells - full - 1)) + end;
        return line.substring(0, Math.min(width, line.length()));
    }

    private static String time(Duration time) {
        return String.format(Locale.ROOT, "%d:%02d:%02d", time.toHours(), time.toMinutesPart(), time.toSecondsPart());
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }
}
