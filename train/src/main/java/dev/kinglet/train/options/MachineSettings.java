package dev.kinglet.train.options;

import java.util.OptionalInt;

/**
 * The part of the machine that a run may use. None of it but the precision changes a result otherwise than by the order of sums.
 *
 * @param workers data-loader workers, which read and decode images
 * @param threads compute threads; empty: as many as there are processors that no other program uses
 * @param cache where decoded images are kept
 * @param cacheSize room for them in MiB; empty: as much as the machine can well spare
 * @param deterministic whether operations of libtorch are refused that may give other results from call to call
 * @param precision of the forward and the backward pass
 */
public record MachineSettings(
        int workers,
        OptionalInt threads,
        Caching cache,
        OptionalInt cacheSize,
        boolean deterministic,
        Precision precision) {
    public MachineSettings {
        OptionReader.requireAtLeast(1, workers, TrainOption.WORKERS);
        threads.ifPresent(number -> OptionReader.requireAtLeast(1, number, TrainOption.THREADS));
        cacheSize.ifPresent(size -> OptionReader.requireAtLeast(1, size, TrainOption.CACHE_SIZE));
    }

    static MachineSettings read(OptionReader options) {
        return new MachineSettings(
                options.integer(TrainOption.WORKERS),
                options.optionalInteger(TrainOption.THREADS),
                options.constant(Caching.class, TrainOption.CACHE),
                options.optionalInteger(TrainOption.CACHE_SIZE),
                options.truth(TrainOption.DETERMINISTIC),
                options.constant(Precision.class, TrainOption.AMP));
    }

    public MachineSettings withWorkers(int number) {
        return new MachineSettings(number, threads, cache, cacheSize, deterministic, precision);
    }

    /** Compute threads to begin with. */
    public int computeThreads() {
        return threads.orElse(Runtime.getRuntime().availableProcessors());
    }

    public MachineSettings withThreads(int number) {
        return new MachineSettings(workers, OptionalInt.of(number), cache, cacheSize, deterministic, precision);
    }

    public MachineSettings withPrecision(Precision other) {
        return new MachineSettings(workers, threads, cache, cacheSize, deterministic, other);
    }

    public MachineSettings withCache(Caching other) {
        return new MachineSettings(workers, threads, other, cacheSize, deterministic, precision);
    }
}
