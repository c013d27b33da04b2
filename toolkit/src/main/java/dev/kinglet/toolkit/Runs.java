package dev.kinglet.toolkit;

import dev.kinglet.network.Costs;
import dev.kinglet.train.options.TrainOption;
import dev.kinglet.train.options.TrainOptions;
import dev.kinglet.train.run.Comparison;
import dev.kinglet.train.run.RunFolder;
import dev.kinglet.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Runs by what they are called. */
public final class Runs {
    /** The name of the newest run of a folder. */
    public static final String LATEST = "latest";

    private static final Path DEFAULT_FOLDER = Path.of("runs");

    private Runs() {}

    /**
     * The newest run for {@code latest} (of {@code runs} in the current folder) and {@code FOLDER/latest}, where there is no
     * file of that name; any other path as it is.
     *
     * @throws IllegalArgumentException if there is no run
     * @throws IOException if the folder cannot be read
     */
    public static Path resolve(Path path) throws IOException {
        Path name = path.getFileName();
        if (name == null || !name.toString().equals(LATEST) || Files.exists(path)) {
            return path;
        }
        Path folder = path.getParent();
        return RunFolder.newest(folder == null ? DEFAULT_FOLDER : folder).folder();
    }

    /**
     * The run that a path is the folder of; empty for any other path.
     *
     * @throws IOException if it cannot be read
     */
    public static Optional<RunFolder> at(Path path) throws IOException {
        return RunFolder.isRun(path) ? Optional.of(RunFolder.open(path)) : Optional.empty();
    }

    /**
     * A run to resume with other values of some options.
     *
     * @param run its folder; if empty, the newest in the options' {@code output}, by default the folder 'runs'
     * @throws IllegalArgumentException if there is no run, it is not in the options' {@code output}, or the options are not
     *     those that may change
     * @throws IOException if the run cannot be read
     */
    public static RunFolder toResume(Optional<Path> run, TrainOptions changes) throws IOException {
        Optional<Path> output = changes.get(TrainOption.OUTPUT).map(Path::of);
        RunFolder resumed =
                run.isPresent() ? RunFolder.open(run.get()) : RunFolder.newest(output.orElse(DEFAULT_FOLDER));
        Path parent = resumed.folder().toAbsolutePath().normalize().getParent();
        if (output.isPresent() && !output.get().toAbsolutePath().normalize().equals(parent)) {
            throw new IllegalArgumentException("--output is " + output.get() + ", but " + resumed
                    + " is not in it, and a resumed run stays where it is; leave out --output");
        }
        return resumed.resumedWith(changes);
    }

    /**
     * Runs side by side.
     *
     * @param folders as in {@link #resolve}
     * @throws IllegalArgumentException if one is not the folder of a run, or the zoo has no such network
     * @throws IOException if one cannot be read
     */
    public static Comparison compare(List<Path> folders) throws IOException {
        Map<RunFolder, Costs> costs = new LinkedHashMap<>();
        for (Path folder : folders) {
            RunFolder run = RunFolder.open(resolve(folder));
            costs.put(
                    run,
                    Costs.of(Zoo.get(run.config().model().name())
                            .network(
                                    run.config().preprocessing().shape(),
                                    run.labels().size())));
        }
        return new Comparison(costs);
    }
}
