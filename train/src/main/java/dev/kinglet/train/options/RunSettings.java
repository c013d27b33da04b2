package dev.kinglet.train.options;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The records a run keeps, and its seed.
 *
 * @param seed of everything random in the run
 * @param logInterval steps between two lines of the log
 * @param checkpointSeconds seconds between checkpoints inside an epoch; 0: only when it ends
 * @param output folder in which the run's folder is made
 * @param keptEpochs epochs whose weights are kept, newest first, beside the last and the best ones
 * @param limits of the run's length, beside its epochs
 * @param calibrates whether a temperature is fitted on the validation images for the best weights
 * @param name of the run's folder; empty: model, date and time
 */
public record RunSettings(
        long seed,
        int logInterval,
        double checkpointSeconds,
        int keptEpochs,
        Limits limits,
        boolean calibrates,
        Path output,
        Optional<String> name) {
    /**
     * When a run ends before its last epoch.
     *
     * @param patience epochs without a better one after which it ends; 0: never
     * @param minutes of training within which it ends; 0: no limit
     */
    public record Limits(int patience, double minutes) {
        /** It does not. */
        public static final Limits NONE = new Limits(0, 0);

        public Limits {
            OptionReader.requireAtLeast(0, patience, TrainOption.PATIENCE);
            if (!(minutes >= 0 && Double.isFinite(minutes))) {
                throw new IllegalArgumentException("time_limit is 0 minutes or more, not " + minutes);
            }
        }
    }

    public RunSettings {
        OptionReader.requireAtLeast(0, keptEpochs, TrainOption.CHECKPOINT_HIST);
        OptionReader.requireAtLeast(1, logInterval, TrainOption.LOG_INTERVAL);
        if (!(checkpointSeconds >= 0)) {
            throw new IllegalArgumentException("checkpoint_interval is 0 seconds or more, not " + checkpointSeconds);
        }
        name.ifPresent(RunSettings::checkName);
    }

    private static void checkName(String name) {
        if (name.isBlank() || name.startsWith(".") || name.contains("/") || name.contains("\\")) {
            throw new IllegalArgumentException("name: expected the name of one folder, found '" + name
                    + "'; `output` says where that folder is made");
        }
    }

    static RunSettings read(OptionReader options) {
        return new RunSettings(
                options.whole(TrainOption.SEED),
                options.integer(TrainOption.LOG_INTERVAL),
                options.decimal(TrainOption.CHECKPOINT_INTERVAL),
                options.integer(TrainOption.CHECKPOINT_HIST),
                new Limits(options.integer(TrainOption.PATIENCE), options.decimal(TrainOption.TIME_LIMIT)),
                options.truth(TrainOption.CALIBRATE),
                Path.of(options.text(TrainOption.OUTPUT)),
                options.optionalText(TrainOption.NAME));
    }

    public RunSettings withSeed(long other) {
        return new RunSettings(other, logInterval, checkpointSeconds, keptEpochs, limits, calibrates, output, name);
    }

    public RunSettings withLogInterval(int steps) {
        return new RunSettings(seed, steps, checkpointSeconds, keptEpochs, limits, calibrates, output, name);
    }

    public RunSettings withCheckpointSeconds(double seconds) {
        return new RunSettings(seed, logInterval, seconds, keptEpochs, limits, calibrates, output, name);
    }

    public RunSettings withKeptEpochs(int newest) {
        return new RunSettings(seed, logInterval, checkpointSeconds, newest, limits, calibrates, output, name);
    }

    public RunSettings withLimits(Limits other) {
        return new RunSettings(seed, logInterval, checkpointSeconds, keptEpochs, other, calibrates, output, name);
    }

    public RunSettings withCalibration(boolean fitted) {
        return new RunSettings(seed, logInterval, checkpointSeconds, keptEpochs, limits, fitted, output, name);
    }

    public RunSettings withOutput(Path folder) {
        return new RunSettings(seed, logInterval, checkpointSeconds, keptEpochs, limits, calibrates, folder, name);
    }

    public RunSettings withName(String folder) {
        return new RunSettings(
                seed, logInterval, checkpointSeconds, keptEpochs, limits, calibrates, output, Optional.of(folder));
    }
}
