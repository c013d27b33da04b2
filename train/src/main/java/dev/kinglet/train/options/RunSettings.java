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
 * @param name of the run's folder; empty: model, date and time
 */
public record RunSettings(long seed, int logInterval, double checkpointSeconds, Path output, Optional<String> name) {
    public RunSettings {
        OptionReader.requireAtLeast(1, logInterval, TrainOption.LOG_INTERVAL);
        if (!(checkpointSeconds >= 0)) {
            throw new IllegalArgumentException("checkpoint_interval is 0 seconds or more, not " + checkpointSeconds);
        }
        name.ifPresent(RunSettings::checkName);
    }

    private static void checkName(String name) {
        if (name.isBlank() || name.startsWith(".") || name.contains("/") || name.contains("\\")) {
            throw new IllegalArgumentException("name: expected the name of one folder, found '" + name
                    + "'; 'output' says where that folder is made");
        }
    }

    static RunSettings read(OptionReader options) {
        return new RunSettings(
                options.whole(TrainOption.SEED),
                options.integer(TrainOption.LOG_INTERVAL),
                options.decimal(TrainOption.CHECKPOINT_INTERVAL),
                Path.of(options.text(TrainOption.OUTPUT)),
                options.optionalText(TrainOption.NAME));
    }

    public RunSettings withSeed(long other) {
        return new RunSettings(other, logInterval, checkpointSeconds, output, name);
    }

    public RunSettings withLogInterval(int steps) {
        return new RunSettings(seed, steps, checkpointSeconds, output, name);
    }

    public RunSettings withCheckpointSeconds(double seconds) {
        return new RunSettings(seed, logInterval, seconds, output, name);
    }

    public RunSettings withOutput(Path folder) {
        return new RunSettings(seed, logInterval, checkpointSeconds, folder, name);
    }

    public RunSettings withName(String folder) {
        return new RunSettings(seed, logInterval, checkpointSeconds, output, Optional.of(folder));
    }
}
