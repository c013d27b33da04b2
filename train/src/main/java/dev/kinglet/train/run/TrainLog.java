package dev.kinglet.train.run;

import dev.kinglet.base.IoReason;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log of a run: every line goes to its {@code train.log} and to the program's log. Open, it keeps the run to one
 * process: two that train into one folder would spoil each other's files.
 */
final class TrainLog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger("dev.kinglet.train");

    private final Path file;
    private final @Nullable FileOutputStream
            out; // and no channel, which an interrupt would close; null: nothing is logged

    private TrainLog(Path file, @Nullable FileOutputStream out) {
        this.file = file;
        this.out = out;
    }

    /** A log that says nothing: that of a run that another process logs. */
    static TrainLog none() {
        return new TrainLog(Path.of(""), null);
    }

    /**
     * Goes on with a log, or begins it.
     *
     * @throws IOException if it cannot be written, or the run is being trained by another process
     */
    static TrainLog open(Path file) throws IOException {
        FileOutputStream out = new FileOutputStream(file.toFile(), true);
        try {
            if (lock(out) == null) {
                throw new IOException(file.toAbsolutePath().getParent()
                        + " is being trained by another process; wait until it ends, or stop it");
            }
            return new TrainLog(file, out);
        } catch (IOException e) {
            out.close();
            throw e;
        }
    }

    private static @Nullable FileLock lock(FileOutputStream out) throws IOException {
        try {
            return out.getChannel().tryLock();
        } catch (OverlappingFileLockException e) {
            return null; // another trainer of this very process
        }
    }

    /** Adds a line. */
    void line(String text) throws IOException {
        if (out != null) {
            LOG.info("{}", text);
            record(text);
        }
    }

    /** Adds a line that says that something is not as it should be. */
    void warning(String text) throws IOException {
        if (out != null) {
            LOG.warn("{}", text);
            record(text);
        }
    }

    /** Adds a line that the program's log has from elsewhere. */
    void record(String text) throws IOException {
        if (out == null) {
            return;
        }
        try {
            out.write((text + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new IOException("could not write " + file + ": " + IoReason.of(e), e);
        }
    }

    /** A step of the optimizer, in the form that scripts for such logs know. */
    static String stepLine(int epoch, int step, int stepsPerEpoch, double learningRate, double loss, EpochSums sums) {
        double remaining = (stepsPerEpoch - step - 1) * sums.secondsPerStep();
        return String.format(
                Locale.ROOT,
                "Epoch: [%d] [%d/%d] eta: %s lr: %.6f loss: %.4f (%.4f) time: %.4f data: %.4f",
                epoch,
                step,
                stepsPerEpoch,
                hours(Math.round(remaining)),
                learningRate,
                loss,
                sums.meanLoss(),
                sums.secondsPerStep(),
                sums.waitSecondsPerStep());
    }

    /** {@code 1:02:03}. */
    static String hours(long seconds) {
        return String.format(Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }

    @Override
    public void close() throws IOException {
        if (out != null) {
            out.close(); // and with it the lock
        }
    }
}
