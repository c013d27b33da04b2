package dev.kinglet.train.options;

import java.util.OptionalInt;

/**
 * The part of the machine that a run may use. None of it changes a result but by the order of sums.
 *
 * @param workers data-loader workers, which read and decode images
 * @param threads compute threads
 * @param cache where decoded images are kept
 * @param cacheSize room for them in MiB; empty: as much as the machine can well spare
 */
public record MachineSettings(int workers, int threads, Caching cache, OptionalInt cacheSize) {
    public MachineSettings {
        OptionReader.requireAtLeast(1, workers, TrainOption.WORKERS);
        OptionReader.requireAtLeast(1, threads, TrainOption.THREADS);
        cacheSize.ifPresent(size -> OptionReader.requireAtLeast(1, size, TrainOption.CACHE_SIZE));
    }

    static MachineSettings read(OptionReader options) {
        return new MachineSettings(
                options.integer(TrainOption.WORKERS),
                options.integer(TrainOption.THREADS),
                options.constant(Caching.class, TrainOption.CACHE),
                options.optionalInteger(TrainOption.CACHE_SIZE));
    }

    public MachineSettings withWorkers(int number) {
        return new MachineSettings(number, threads, cache, cacheSize);
    }

    public MachineSettings withThreads(int number) {
        return new MachineSettings(workers, number, cache, cacheSize);
    }

    public MachineSettings withCache(Caching other) {
        return new MachineSettings(workers, threads, other, cacheSize);
    }
}
