package dev.kinglet.train.options;

import dev.kinglet.data.DataOptions;
import dev.kinglet.data.ListFiles;
import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageLimits;
import dev.kinglet.image.augment.BatchMixing;
import dev.kinglet.image.augment.ColorJitter;
import dev.kinglet.image.augment.RandAugment;
import dev.kinglet.image.augment.RandomErasing;
import dev.kinglet.network.Interpolation;
import dev.kinglet.network.Orientation;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.train.Learner;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Everything a run needs to be told, and nothing else. {@link TrainOption} says what each part is called in files and
 * options, and what it is where nothing is given.
 *
 * @param data folder or archive of labeled images
 * @param valEvery of one folder of classes, every how many images of a class one validates
 * @param split name of the folder that validates
 * @param lists of images, in place of folders
 * @param imageLimits of each image
 * @param labels file of class names, for data that only numbers its classes
 * @param model name of a network of the zoo
 * @param numClasses its outputs; empty until the data is known
 * @param initialCheckpoint file of weights it starts from; empty: from fresh ones
 * @param recipe name of the recipe the run follows
 * @param preprocessing what evaluation does to an image, and the size and normalization of training
 * @param augRepeats how often an image comes in a row in an epoch, changed another way each time
 * @param batchSize images a step
 * @param seed of everything random in the run
 * @param workers threads that read images
 * @param cache where images stay once they are decoded
 * @param cacheSize room for them in MiB; empty: as much as the machine can well spare
 * @param threads threads that calculate
 * @param logInterval steps between two lines of the log
 * @param checkpointSeconds between checkpoints inside an epoch; 0: only when it ends
 * @param output folder the run's folder is made in
 * @param name of the run's folder; empty: model, date and time
 */
public record TrainConfig(
        Path data,
        OptionalInt valEvery,
        Optional<String> split,
        ListFiles lists,
        ImageLimits imageLimits,
        Optional<Path> labels,
        ClassBalance classBalance,
        String model,
        OptionalInt numClasses,
        Optional<Path> initialCheckpoint,
        Optional<String> recipe,
        Preprocessing preprocessing,
        Augmentation augmentation,
        int augRepeats,
        Sgd optimizer,
        double labelSmoothing,
        double groupLasso,
        ScheduleSettings schedule,
        int epochs,
        int batchSize,
        long seed,
        int workers,
        Caching cache,
        OptionalInt cacheSize,
        int threads,
        int logInterval,
        double checkpointSeconds,
        Path output,
        Optional<String> name) {

    public TrainConfig {
        numClasses.ifPresent(classes -> atLeast(2, classes, TrainOption.NUM_CLASSES));
        atLeast(1, augRepeats, TrainOption.AUG_REPEATS);
        atLeast(1, epochs, TrainOption.EPOCHS);
        atLeast(1, batchSize, TrainOption.BATCH_SIZE);
        atLeast(1, workers, TrainOption.WORKERS);
        cacheSize.ifPresent(size -> atLeast(1, size, TrainOption.CACHE_SIZE));
        atLeast(1, threads, TrainOption.THREADS);
        atLeast(1, logInterval, TrainOption.LOG_INTERVAL);
        if (!(checkpointSeconds >= 0)) {
            throw new IllegalArgumentException("checkpoint_interval is 0 seconds or more, not " + checkpointSeconds);
        }
        if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
            throw new IllegalArgumentException("smoothing lies in [0, 1), not at " + labelSmoothing);
        }
        if (!(groupLasso >= 0)) {
            throw new IllegalArgumentException("group_lasso is 0 or more, not " + groupLasso);
        }
        dataOptions(valEvery, split, lists, new ImageDecoder(imageLimits));
        name.ifPresent(TrainConfig::checkName);
        schedule.over(epochs, 1_000_000); // a schedule that cannot be fails here, and not when the run starts
    }

    private static void atLeast(int least, int value, TrainOption option) {
        if (value < least) {
            throw new IllegalArgumentException(option.key() + " is at least " + least + ", not " + value);
        }
    }

    private static void checkName(String name) {
        if (name.isBlank() || name.startsWith(".") || name.contains("/") || name.contains("\\")) {
            throw new IllegalArgumentException("name: expected the name of one folder, found '" + name
                    + "'; where it is made is said by 'output'");
        }
    }

    /**
     * The options' values, or their standard ones where none is given.
     *
     * @throws IllegalArgumentException if a required option is missing or a value is none it can have
     */
    public static TrainConfig of(TrainOptions options) {
        return new Reader(options).config();
    }

    /** The same with one value changed. */
    public TrainConfig with(TrainOption option, String value) {
        return of(TrainOptions.of(this).with(option, value));
    }

    /** How the data is divided and read, without the names of {@link #labels}, which are in a file. */
    public DataOptions dataOptions() {
        return dataOptions(valEvery, split, lists, new ImageDecoder(imageLimits, preprocessing.orientation()));
    }

    private static DataOptions dataOptions(
            OptionalInt valEvery, Optional<String> split, ListFiles lists, ImageDecoder decoder) {
        return new DataOptions(valEvery, split, lists, List.of(), decoder);
    }

    /** What a {@link Learner} is made with. */
    public LearnerSettings learnerSettings() {
        return new LearnerSettings(optimizer, labelSmoothing, groupLasso, seed, threads);
    }

    /** Options by their types. */
    private record Reader(TrainOptions options) {
        TrainConfig config() {
            return new TrainConfig(
                    Path.of(text(TrainOption.DATA)),
                    optionalInteger(TrainOption.VAL_EVERY),
                    optionalText(TrainOption.SPLIT),
                    new ListFiles(
                            optionalText(TrainOption.CLS_LABEL_PATH_TRAIN).map(Path::of),
                            optionalText(TrainOption.CLS_LABEL_PATH_VAL).map(Path::of)),
                    limits(),
                    optionalText(TrainOption.LABELS).map(Path::of),
                    named(ClassBalance.class, TrainOption.CLASS_BALANCE),
                    text(TrainOption.MODEL),
                    optionalInteger(TrainOption.NUM_CLASSES),
                    optionalText(TrainOption.INITIAL_CHECKPOINT).map(Path::of),
                    optionalText(TrainOption.RECIPE),
                    new Preprocessing(
                            integer(TrainOption.IMG_SIZE),
                            decimal(TrainOption.CROP_PCT),
                            Interpolation.of(text(TrainOption.INTERPOLATION)),
                            decimals(TrainOption.MEAN, 3),
                            decimals(TrainOption.STD, 3),
                            named(Orientation.class, TrainOption.EXIF_ORIENTATION)),
                    augmentation(),
                    integer(TrainOption.AUG_REPEATS),
                    new Sgd(
                            decimal(TrainOption.MOMENTUM),
                            text(TrainOption.OPT).equals("sgd") ? Sgd.Momentum.CLASSIC : Sgd.Momentum.NESTEROV,
                            decimal(TrainOption.WEIGHT_DECAY),
                            named(Sgd.Decay.class, TrainOption.WEIGHT_DECAY_ON)),
                    decimal(TrainOption.SMOOTHING),
                    decimal(TrainOption.GROUP_LASSO),
                    new ScheduleSettings(
                            named(ScheduleSettings.Kind.class, TrainOption.SCHED),
                            decimal(TrainOption.LR),
                            decimal(TrainOption.WARMUP_EPOCHS),
                            decimal(TrainOption.MIN_LR),
                            decimal(TrainOption.DECAY_EPOCHS),
                            decimal(TrainOption.DECAY_RATE)),
                    integer(TrainOption.EPOCHS),
                    integer(TrainOption.BATCH_SIZE),
                    (Long) required(TrainOption.SEED),
                    integer(TrainOption.WORKERS),
                    named(Caching.class, TrainOption.CACHE),
                    optionalInteger(TrainOption.CACHE_SIZE),
                    integer(TrainOption.THREADS),
                    integer(TrainOption.LOG_INTERVAL),
                    decimal(TrainOption.CHECKPOINT_INTERVAL),
                    Path.of(text(TrainOption.OUTPUT)),
                    optionalText(TrainOption.NAME));
        }

        private ImageLimits limits() {
            try {
                return ImageLimits.defaults().withMaxPixels((Long) required(TrainOption.MAX_PIXELS));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(TrainOption.MAX_PIXELS.key() + ": " + e.getMessage(), e);
            }
        }

        private Augmentation augmentation() {
            List<Double> scale = decimals(TrainOption.SCALE, 2);
            return new Augmentation(
                    named(Augmentation.Crop.class, TrainOption.CROP),
                    scale.get(0),
                    scale.get(1),
                    integer(TrainOption.PADDING),
                    named(Augmentation.Decoding.class, TrainOption.DECODE),
                    named(Augmentation.Resizing.class, TrainOption.TRAIN_INTERPOLATION),
                    decimal(TrainOption.HFLIP),
                    decimal(TrainOption.VFLIP),
                    decimal(TrainOption.ROTATE),
                    randAugment(),
                    jitter(),
                    decimal(TrainOption.LIGHTING),
                    decimal(TrainOption.REPROB),
                    named(RandomErasing.Fill.class, TrainOption.REMODE),
                    new BatchMixing(decimal(TrainOption.MIXUP), decimal(TrainOption.CUTMIX)));
        }

        private Optional<RandAugment> randAugment() {
            String policy = text(TrainOption.AA);
            try {
                return policy.equals(TrainOption.NO_POLICY) ? Optional.empty() : Optional.of(RandAugment.parse(policy));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(TrainOption.AA.key() + ": " + e.getMessage(), e);
            }
        }

        private ColorJitter jitter() {
            List<Double> strengths = decimals(TrainOption.COLOR_JITTER);
            return switch (strengths.size()) {
                case 1 -> new ColorJitter(strengths.get(0), strengths.get(0), strengths.get(0), 0);
                case 3 -> new ColorJitter(strengths.get(0), strengths.get(1), strengths.get(2), 0);
                case 4 -> new ColorJitter(strengths.get(0), strengths.get(1), strengths.get(2), strengths.get(3));
                default ->
                    throw new IllegalArgumentException(TrainOption.COLOR_JITTER.key()
                            + ": expected 1 number for all, or those of brightness, contrast, saturation and perhaps"
                            + " hue, found " + strengths.size());
            };
        }

        private Object required(TrainOption option) {
            return options.value(option)
                    .orElseThrow(() -> new IllegalArgumentException(
                            "'" + option.key() + "' is not given; it is the " + option.help()));
        }

        private String text(TrainOption option) {
            return (String) required(option);
        }

        private Optional<String> optionalText(TrainOption option) {
            return options.value(option).map(String.class::cast);
        }

        private OptionalInt optionalInteger(TrainOption option) {
            return options.value(option).isPresent() ? OptionalInt.of(integer(option)) : OptionalInt.empty();
        }

        private int integer(TrainOption option) {
            long value = (Long) required(option);
            if (value != (int) value) {
                throw new IllegalArgumentException(
                        option.key() + ": " + value + " is too large; the largest possible is " + Integer.MAX_VALUE);
            }
            return (int) value;
        }

        private double decimal(TrainOption option) {
            return ((BigDecimal) required(option)).doubleValue();
        }

        private List<Double> decimals(TrainOption option) {
            return ((List<?>) required(option))
                    .stream().map(value -> ((BigDecimal) value).doubleValue()).toList();
        }

        private List<Double> decimals(TrainOption option, int count) {
            List<Double> values = decimals(option);
            if (values.size() != count) {
                throw new IllegalArgumentException(
                        option.key() + ": expected " + count + " numbers, found " + values.size());
            }
            return values;
        }

        /** The constant whose name is the option's value. */
        private <E extends Enum<E>> E named(Class<E> type, TrainOption option) {
            String name = text(option).replace('-', '_');
            return Arrays.stream(type.getEnumConstants())
                    .filter(constant -> constant.name().equalsIgnoreCase(name))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError(option.key() + " lets through " + name));
        }
    }
}
