package dev.kinglet.train.options;

import dev.kinglet.data.DataOptions;
import dev.kinglet.image.augment.Augmentation;
import dev.kinglet.network.Interpolation;
import dev.kinglet.network.Orientation;
import dev.kinglet.network.Preprocessing;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * The whole configuration of a run, by sections. {@link TrainOption} names each part in files and options, and holds its
 * default value.
 *
 * <pre>{@code
 * TrainConfig config = TrainConfig.of(Path.of("photos"), "peleenet")
 *         .withEpochs(20)
 *         .withBatchSize(32)
 *         .withImageSize(128);
 * }</pre>
 *
 * @param preprocessing of evaluation; training has its size and normalization
 */
public record TrainConfig(
        DataSettings data,
        ModelSettings model,
        Preprocessing preprocessing,
        Augmentation augmentation,
        OptimizerSettings optimizer,
        ScheduleSettings schedule,
        RunSettings run,
        MachineSettings machine) {
    private static final int STEPS_TO_CHECK_WITH = 1_000_000;

    public TrainConfig {
        schedule.over(STEPS_TO_CHECK_WITH, learningRate(optimizer, model, schedule)); // says what does not go together
    }

    /** A network on a folder or archive of labeled images, everything else by its default value. */
    public static TrainConfig of(Path data, String model) {
        return of(TrainOptions.none().with(TrainOption.DATA, data.toString()).with(TrainOption.MODEL, model));
    }

    /**
     * The options' values, or their default ones where none is given.
     *
     * @throws IllegalArgumentException if a required option is missing or a value is none it can have; the message begins
     *     with the option's key
     */
    public static TrainConfig of(TrainOptions options) {
        OptionReader reader = new OptionReader(options);
        return new TrainConfig(
                DataSettings.read(reader),
                ModelSettings.read(reader),
                preprocessing(reader),
                AugmentationReader.read(reader),
                OptimizerSettings.read(reader),
                ScheduleSettings.read(reader),
                RunSettings.read(reader),
                MachineSettings.read(reader));
    }

    private static Preprocessing preprocessing(OptionReader options) {
        return new Preprocessing(
                options.integer(TrainOption.IMG_SIZE),
                options.decimal(TrainOption.CROP_PCT),
                Preprocessing.ResizeMode.of(options.text(TrainOption.RESIZE)),
                Interpolation.of(options.text(TrainOption.INTERPOLATION)),
                options.decimals(TrainOption.MEAN, 3),
                options.decimals(TrainOption.STD, 3),
                options.constant(Orientation.class, TrainOption.EXIF_ORIENTATION));
    }

    /** The same with one value changed, given as text. */
    public TrainConfig with(TrainOption option, String value) {
        TrainOptions all = TrainOptions.of(this);
        if (schedule.warmUp().given().isEmpty()) {
            all = all.without(TrainOption.WARMUP_EPOCHS); // goes on to follow the number of epochs
        }
        if (schedule.peak().isEmpty()) {
            all = all.without(TrainOption.LR); // and this the optimizer and the start
        }
        return of(all.with(option, value));
    }

    /**
     * The configuration of a run that goes on with other options: those of {@link TrainOption#changesOnResume}, and no
     * fewer epochs. Where the run's folder is stays as it is.
     *
     * @throws IllegalArgumentException if other options are among them, or there are fewer epochs
     */
    public TrainConfig resumedWith(TrainOptions changes) {
        List<String> fixed = changes.given().stream()
                .filter(option -> !option.changesOnResume())
                .map(TrainOption::key)
                .toList();
        if (!fixed.isEmpty()) {
            throw new IllegalArgumentException("a resumed run keeps its configuration; leave out "
                    + String.join(", ", fixed) + ", or begin another run");
        }
        TrainConfig changed = of(changes.without(TrainOption.OUTPUT).over(TrainOptions.of(this)));
        if (changed.schedule.epochs() < schedule.epochs()) {
            throw new IllegalArgumentException("epochs is " + changed.schedule.epochs() + ", but the run is to have "
                    + schedule.epochs() + "; a resumed run can only be given more");
        }
        return changed;
    }

    public TrainConfig with(DataSettings other) {
        return new TrainConfig(other, model, preprocessing, augmentation, optimizer, schedule, run, machine);
    }

    public TrainConfig with(ModelSettings other) {
        return new TrainConfig(data, other, preprocessing, augmentation, optimizer, schedule, run, machine);
    }

    public TrainConfig with(Preprocessing other) {
        return new TrainConfig(data, model, other, augmentation, optimizer, schedule, run, machine);
    }

    public TrainConfig with(Augmentation other) {
        return new TrainConfig(data, model, preprocessing, other, optimizer, schedule, run, machine);
    }

    public TrainConfig with(OptimizerSettings other) {
        return new TrainConfig(data, model, preprocessing, augmentation, other, schedule, run, machine);
    }

    public TrainConfig with(ScheduleSettings other) {
        return new TrainConfig(data, model, preprocessing, augmentation, optimizer, other, run, machine);
    }

    public TrainConfig with(RunSettings other) {
        return new TrainConfig(data, model, preprocessing, augmentation, optimizer, schedule, other, machine);
    }

    public TrainConfig with(MachineSettings other) {
        return new TrainConfig(data, model, preprocessing, augmentation, optimizer, schedule, run, other);
    }

    public TrainConfig withValEvery(int images) {
        return with(data.withValEvery(images));
    }

    public TrainConfig withImageSize(int pixels) {
        return with(preprocessing.withInputSize(pixels));
    }

    public TrainConfig withEpochs(int epochs) {
        return with(schedule.withEpochs(epochs));
    }

    public TrainConfig withBatchSize(int images) {
        return with(schedule.withBatchSize(images));
    }

    /** With another learning rate after the warm-up. */
    public TrainConfig withLearningRate(double peak) {
        return with(schedule.withPeak(peak));
    }

    public TrainConfig withSeed(long seed) {
        return with(run.withSeed(seed));
    }

    public TrainConfig withThreads(int threads) {
        return with(machine.withThreads(threads));
    }

    /** With another folder in which the run's folder is made. */
    public TrainConfig withOutput(Path folder) {
        return with(run.withOutput(folder));
    }

    /** With another name of the run's folder. */
    public TrainConfig withName(String name) {
        return with(run.withName(name));
    }

    /**
     * Peak learning rate: as given, or else 0.05 for stochastic gradient descent and 0.001 for the other optimizers; from
     * pretrained weights, which a higher one would make the network forget, 0.0005 and 0.0001.
     */
    public double learningRate() {
        return learningRate(optimizer, model, schedule);
    }

    private static double learningRate(OptimizerSettings optimizer, ModelSettings model, ScheduleSettings schedule) {
        boolean pretrained = model.initialCheckpoint().isPresent();
        boolean descent = optimizer.rule() instanceof Optimizer.Sgd;
        if (pretrained) {
            return schedule.peak().orElse(descent ? 0.0005 : 0.0001);
        }
        return schedule.peak().orElse(descent ? 0.05 : 0.001);
    }

    /** The learning rate of each step, for so many batches in an epoch. */
    public Schedule schedule(int batchesPerEpoch) {
        return schedule.over(schedule.steps(batchesPerEpoch), learningRate());
    }

    /**
     * The shell command that trains with this configuration again, with no option that resolves to the same value without it.
     * It leaves out the run's name and the number of classes.
     *
     * @param resolver what the command line does with the options it is given
     * @return empty if {@code resolver} does not come to this configuration even from all of its options
     */
    public Optional<String> repeatCommand(Function<TrainOptions, TrainConfig> resolver) {
        return RepeatCommand.of(this, resolver);
    }

    /** How the data is divided and read, without the class names, which are in a file. */
    public DataOptions dataOptions() {
        return data.options(preprocessing.orientation());
    }

    /** The settings of a learner that is made for this configuration. */
    public LearnerSettings learnerSettings() {
        return new LearnerSettings(
                optimizer,
                learningRate(),
                List.of(),
                run.seed(),
                machine.computeThreads(),
                machine.deterministic(),
                machine.precision(),
                Set.of());
    }
}
