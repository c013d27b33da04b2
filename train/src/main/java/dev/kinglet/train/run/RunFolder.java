package dev.kinglet.train.run;

import dev.kinglet.base.AtomicFile;
import dev.kinglet.base.IoReason;
import dev.kinglet.base.OptionNames;
import dev.kinglet.train.calibration.TemperatureScaling;
import dev.kinglet.train.metrics.ConfusionMatrix;
import dev.kinglet.train.metrics.EpochResult;
import dev.kinglet.train.metrics.Predictions;
import dev.kinglet.train.options.DataSettings;
import dev.kinglet.train.options.TrainConfig;
import dev.kinglet.train.options.TrainOption;
import dev.kinglet.train.options.TrainOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The folder in which a run keeps everything: its configuration and labels, log and results, weights and checkpoints,
 * and a report. It is made once and never overwritten; a resumed run goes on in it.
 */
public final class RunFolder {
    private static final String WEIGHTS = "weights";
    static final String BEST_WEIGHTS = WEIGHTS + "/best.safetensors";
    public static final String CLASSES = "classes.png";
    public static final String TRAIN_BATCH = "train_batch.png";
    public static final String PREDICTIONS = "predictions.png";
    public static final String MISTAKES = "mistakes.png";
    private static final String LAST_WEIGHTS = WEIGHTS + "/last.safetensors";
    private static final String LAST_AVERAGE = WEIGHTS + "/last_ema.safetensors";
    private static final Pattern EPOCH_WEIGHTS = Pattern.compile("epoch-(\\d{1,9})\\.safetensors");
    private static final String ARGS = "args.yaml";
    private static final String LABELS = "labels.txt";
    private static final String LOG = "train.log";
    private static final String RESULTS = "results.csv";
    private static final String STEPS = "steps.csv";
    static final String CURVES = "curves.png";
    private static final String REPORT_HTML = "report.html";
    private static final String REPORT_JSON = "report.json";
    private static final String CHECKPOINTS = "checkpoints";
    private static final Pattern CHECKPOINT = Pattern.compile("step-(\\d{1,18})\\.safetensors");
    private static final String BEST_CHECKPOINT = "best.safetensors";
    private static final int KEPT_CHECKPOINTS = 2;
    private static final Set<String> OWN_FILES = Set.of(
            ARGS,
            LABELS,
            RESULTS,
            STEPS,
            CURVES,
            REPORT_HTML,
            REPORT_JSON,
            BEST_WEIGHTS,
            LAST_WEIGHTS,
            LAST_AVERAGE,
            CLASSES,
            TRAIN_BATCH,
            PREDICTIONS,
            MISTAKES,
            Predictions.CSV,
            ConfusionMatrix.PNG,
            ConfusionMatrix.CSV,
            ConfusionMatrix.PER_CLASS_CSV,
            ReliabilityDiagram.PNG,
            ReliabilityDiagram.CSV);
    private static final DateTimeFormatter DATE_AND_TIME = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);

    private final Path folder;
    private final TrainConfig config;
    private final List<String> labels;
    private final boolean written; // false: another process writes it, and this one neither reads nor writes
    private final Map<String, byte[]> photos = new HashMap<>(); // contact sheets for the report, JPEG, by file

    private RunFolder(Path folder, TrainConfig config, List<String> labels) {
        this(folder, config, labels, true);
    }

    private RunFolder(Path folder, TrainConfig config, List<String> labels, boolean written) {
        this.folder = folder;
        this.config = config;
        this.labels = List.copyOf(labels);
        this.written = written;
    }

    /**
     * A run whose folder another process of the group writes, on this machine or another: here nothing of it is read or written.
     *
     * @param config resolved, as that process has it
     */
    public static RunFolder ofAnotherProcess(TrainConfig config, List<String> labels) {
        Path name = Path.of(config.run().name().orElse(config.model().name()));
        return new RunFolder(config.run().output().resolve(name), config, labels, false);
    }

    /** Whether this process writes the folder. */
    boolean isWritten() {
        return written;
    }

    /**
     * Makes the folder of a new run, with its configuration and labels in it.
     *
     * @param config its {@code output} is where; its {@code name}, or else model, date and time, what it is called
     * @param labels class names by index; if the configuration says how many classes there are, as many
     * @throws IllegalArgumentException if there is a run of that name already, or the labels are not as many as the
     *     configuration says
     * @throws IOException if the folder cannot be written; nothing is left of it then
     */
    public static RunFolder create(TrainConfig config, List<String> labels) throws IOException {
        config.model().requireClasses(labels.size());
        for (String label : labels) {
            if (label.isEmpty() || label.lines().count() != 1) {
                throw new IllegalArgumentException("a label is one line of text, not '" + label + "'");
            }
        }
        Path folder = makeFolder(config);
        TrainOptions resolved = TrainOptions.of(config)
                .with(TrainOption.NUM_CLASSES, Integer.toString(labels.size()))
                .with(TrainOption.NAME, String.valueOf(folder.getFileName()));
        RunFolder run = new RunFolder(folder, TrainConfig.of(resolved), labels);
        try {
            run.write(LABELS, String.join("\n", labels) + "\n");
            run.write(ARGS, resolved.toYaml()); // last: with it, the folder is a run
            return run;
        } catch (IOException e) {
            Files.deleteIfExists(folder.resolve(LABELS));
            Files.deleteIfExists(folder);
            throw e;
        }
    }

    /** A run's name by date and time: {@code peleenet-20260101-120000}. */
    public static String dated(String name) {
        return name + "-" + LocalDateTime.now(ZoneId.systemDefault()).format(DATE_AND_TIME);
    }

    private static Path makeFolder(TrainConfig config) throws IOException {
        Path output = config.run().output();
        try {
            Files.createDirectories(output);
        } catch (IOException e) {
            throw new IOException("could not make the folder " + output + ": " + IoReason.of(e), e);
        }
        String dated = dated(config.model().name());
        for (int number = 1; ; number++) {
            Path folder = output.resolve(config.run().name().orElse(number == 1 ? dated : dated + "-" + number));
            try {
                return Files.createDirectory(folder);
            } catch (FileAlreadyExistsException e) {
                if (config.run().name().isPresent()) {
                    throw new IllegalArgumentException(
                            folder + " exists already, and runs are never overwritten; give this one another name, "
                                    + "or resume that one",
                            e);
                } // two runs of a model within a second: the next number
            } catch (IOException e) {
                throw new IOException("could not make the folder " + folder + ": " + IoReason.of(e), e);
            }
        }
    }

    /**
     * A run that was made before.
     *
     * @throws IllegalArgumentException if the folder is not one of a run
     * @throws IOException if its configuration or labels cannot be read
     */
    public static RunFolder open(Path folder) throws IOException {
        if (!isRun(folder)) {
            throw new IllegalArgumentException(folder
                    + (Files.isDirectory(folder)
                            ? " is not the folder of a run: it has no " + ARGS
                            : " is not a folder; a run's folder is expected"));
        }
        try {
            List<String> labels = Files.readAllLines(folder.resolve(LABELS));
            TrainConfig config = withFormerSplit(TrainConfig.of(TrainOptions.read(folder.resolve(ARGS))));
            return new RunFolder(folder, config, labels);
        } catch (NoSuchFileException e) {
            throw new IOException(folder + " is a run without its " + LABELS, e);
        } catch (IllegalArgumentException e) {
            throw new IOException(
                    folder.resolve(ARGS) + ": the configuration of the run cannot be used: "
                            + OptionNames.asKeys(String.valueOf(e.getMessage())),
                    e);
        }
    }

    /**
     * A run that does not record its split was begun when only {@code val} came before {@code test}, and not {@code valid}:
     * it goes on, and is evaluated, with the split it was begun with.
     */
    private static TrainConfig withFormerSplit(TrainConfig config) {
        DataSettings data = config.data();
        boolean isDecided = data.split().isPresent()
                || data.valEvery().isPresent()
                || data.lists().areGiven();
        return !isDecided
                        && !Files.exists(data.path().resolve("val"))
                        && Files.isDirectory(data.path().resolve("test"))
                ? config.with(data.withSplit("test"))
                : config;
    }

    /**
     * The same run with other values of some options, to be resumed so.
     *
     * @throws IllegalArgumentException as {@link TrainConfig#resumedWith}
     */
    public RunFolder resumedWith(TrainOptions changes) {
        return new RunFolder(folder, config.resumedWith(changes), labels, written);
    }

    /**
     * Writes into {@code args.yaml} what {@link #resumedWith} has changed. The file keeps its date, which says when the run
     * was begun.
     *
     * @return a line for each option that is another now: {@code epochs 2 -> 4}
     */
    List<String> recordChanges() throws IOException {
        Path file = folder.resolve(ARGS);
        TrainOptions before = TrainOptions.of(TrainConfig.of(TrainOptions.read(file)));
        TrainOptions now = TrainOptions.of(config);
        List<String> changes = new ArrayList<>();
        for (TrainOption option : TrainOption.values()) {
            Optional<String> old = before.get(option);
            if (!now.get(option).equals(old)) {
                changes.add(option.key() + " " + old.orElse("none") + " -> "
                        + now.get(option).orElse("none"));
            }
        }
        if (!changes.isEmpty()) {
            FileTime begun = Files.getLastModifiedTime(file);
            write(ARGS, now.toYaml());
            Files.setLastModifiedTime(file, begun);
        }
        return changes;
    }

    /**
     * Removes the temporary files that a kill has left behind while one of the run's own files was being written. Only the
     * process that holds the run's log may do so.
     */
    void removeLeftovers() throws IOException {
        removeLeftovers(folder, OWN_FILES::contains);
        removeLeftovers(
                folder.resolve(WEIGHTS),
                name -> OWN_FILES.contains(WEIGHTS + "/" + name)
                        || EPOCH_WEIGHTS.matcher(name).matches());
        removeLeftovers(
                folder.resolve(CHECKPOINTS),
                name -> name.equals(BEST_CHECKPOINT) || CHECKPOINT.matcher(name).matches());
    }

    private static void removeLeftovers(Path folder, Predicate<String> own) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        List<Path> files;
        try (Stream<Path> all = Files.list(folder)) {
            files = all.toList();
        }
        for (Path file : files) {
            if (AtomicFile.nameOfLeftover(file).filter(own).isPresent() && Files.isRegularFile(file)) {
                Files.deleteIfExists(file);
            }
        }
    }

    /** Whether a folder is one of a run. */
    public static boolean isRun(Path folder) {
        return Files.isRegularFile(folder.resolve(ARGS));
    }

    /**
     * The run that was begun last, of those directly in a folder.
     *
     * @throws IllegalArgumentException if there is none
     * @throws IOException if the folder cannot be read
     */
    public static RunFolder newest(Path runs) throws IOException {
        List<Path> folders = new ArrayList<>();
        if (Files.isDirectory(runs)) {
            try (Stream<Path> all = Files.list(runs)) {
                all.filter(RunFolder::isRun).forEach(folders::add);
            }
        }
        Path newest = null;
        FileTime begun = FileTime.fromMillis(Long.MIN_VALUE);
        folders.sort(Comparator.naturalOrder());
        for (Path folder : folders) {
            FileTime time = Files.getLastModifiedTime(folder.resolve(ARGS)); // written once, when the run is made
            if (time.compareTo(begun) >= 0) {
                newest = folder;
                begun = time;
            }
        }
        if (newest == null) {
            throw new IllegalArgumentException(
                    "there is no run in " + runs.toAbsolutePath() + "; say which folder, or begin one by training");
        }
        return open(newest);
    }

    /** Where it is. */
    public Path folder() {
        return folder;
    }

    /** What it is called: the folder's name. */
    public String name() {
        return String.valueOf(folder.toAbsolutePath().normalize().getFileName());
    }

    /** The resolved configuration: number of classes and name are in it. */
    public TrainConfig config() {
        return config;
    }

    /** Class names by index. */
    public List<String> labels() {
        return labels;
    }

    /** Weights after the last epoch that is done; may not exist yet. */
    public Path lastWeights() {
        return folder.resolve(LAST_WEIGHTS);
    }

    /** Average of the weights after the last epoch that is done; exists only where one is kept. */
    public Path lastAverage() {
        return folder.resolve(LAST_AVERAGE);
    }

    /** Weights, optimizer and loop after the best epoch; may not exist yet. */
    public Path bestCheckpoint() {
        return folder.resolve(CHECKPOINTS).resolve(BEST_CHECKPOINT);
    }

    /** Weights after the epoch with the highest validation top-1, or their average where one is kept; may not exist yet. */
    public Path bestWeights() {
        return folder.resolve(BEST_WEIGHTS);
    }

    /** The page about the run; may not exist yet. */
    public Path report() {
        return folder.resolve(REPORT_HTML);
    }

    /** The curves, a PNG; may not exist yet. */
    public Path curves() {
        return folder.resolve(CURVES);
    }

    /** The confusion matrix of the best epoch, a PNG; may not exist yet. */
    public Path confusionMatrix() {
        return folder.resolve(ConfusionMatrix.PNG);
    }

    /**
     * The rows of {@code results.csv}; none before the first epoch is done.
     *
     * @throws IOException if it cannot be read or is another file
     */
    public List<EpochResult> results() throws IOException {
        return rows(RESULTS, EpochResult::parseCsv);
    }

    /**
     * The rows of {@code steps.csv}; none before the first checkpoint, or in a run of a version that did not write it.
     *
     * @throws IOException if it cannot be read or is another file
     */
    List<LoggedStep> loggedSteps() throws IOException {
        return rows(STEPS, LoggedStep::parseCsv);
    }

    private <T> List<T> rows(String name, Function<String, List<T>> parser) throws IOException {
        Path file = folder.resolve(name);
        if (!written || !Files.exists(file)) {
            return List.of();
        }
        try {
            return parser.apply(Files.readString(file));
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " is not the record of a run: " + e.getMessage(), e);
        }
    }

    /** The checkpoints, newest first: each carries the number of steps that were done. */
    public List<Path> checkpoints() throws IOException {
        Path checkpoints = folder.resolve(CHECKPOINTS);
        if (!written || !Files.isDirectory(checkpoints)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(checkpoints)) {
            return all.filter(file -> steps(file) >= 0)
                    .sorted(Comparator.comparingLong(RunFolder::steps).reversed())
                    .toList();
        }
    }

    private static long steps(Path checkpoint) {
        return number(CHECKPOINT, checkpoint);
    }

    /** The number in the name of a file; -1 if it is called otherwise. */
    private static long number(Pattern name, Path file) {
        Matcher matcher = name.matcher(file.getFileName().toString());
        return matcher.matches() ? Long.parseLong(matcher.group(1)) : -1;
    }

    /** The writer of a file, which appears whole or not at all. */
    @FunctionalInterface
    interface FileWriter {
        void write(Path file) throws IOException;
    }

    /** Writes one more checkpoint, made after so many steps, and then removes all but the newest two. */
    void checkpoint(long steps, FileWriter writer) throws IOException {
        Path file = folder.resolve(CHECKPOINTS).resolve("step-" + steps + ".safetensors");
        Files.createDirectories(folder.resolve(CHECKPOINTS));
        writer.write(file);
        List<Path> all = checkpoints();
        for (Path old : all.subList(Math.min(KEPT_CHECKPOINTS, all.size()), all.size())) {
            Files.deleteIfExists(old);
        }
    }

    /** Writes the weights of an epoch, and then removes all but the newest of these files. */
    void epochWeights(int epoch, int kept, FileWriter writer) throws IOException {
        Path weights = folder.resolve(WEIGHTS);
        writer.write(weights.resolve("epoch-" + epoch + ".safetensors"));
        List<Path> old;
        try (Stream<Path> all = Files.list(weights)) {
            old = all.filter(file -> epoch(file) >= 0 && epoch(file) <= epoch - kept)
                    .toList();
        }
        for (Path file : old) {
            Files.deleteIfExists(file);
        }
    }

    private static long epoch(Path weights) {
        return number(EPOCH_WEIGHTS, weights);
    }

    /** Puts a checkpoint that cannot be used out of the way, and leaves it to be looked at. */
    static Path setAside(Path checkpoint) throws IOException {
        return Files.move(
                checkpoint,
                checkpoint.resolveSibling(checkpoint.getFileName() + ".damaged"),
                StandardCopyOption.REPLACE_EXISTING);
    }

    TrainLog openLog() throws IOException {
        return written ? TrainLog.open(folder.resolve(LOG)) : TrainLog.none();
    }

    EventFile openEvents(long firstStep) throws IOException {
        return written ? EventFile.create(folder, firstStep) : EventFile.none();
    }

    void writeResults(List<EpochResult> epochs) throws IOException {
        write(RESULTS, EpochResult.toCsv(epochs));
    }

    void writeSteps(List<LoggedStep> steps) throws IOException {
        write(STEPS, LoggedStep.toCsv(steps));
    }

    /** The rows of {@code predictions.csv}; none before the first epoch is done, or in a run of a version without it. */
    List<Predictions.Row> predictions() throws IOException {
        return has(Predictions.CSV) ? Predictions.read(folder.resolve(Predictions.CSV)) : List.of();
    }

    /** Writes everything that is made from results: curves, confusion matrix, report with the contact sheets in it. */
    void publish(Report report, List<LoggedStep> steps, WorstMistakes mistakes) throws IOException {
        write(CURVES, Curves.png(name(), report.epochs(), steps));
        if (report.best().isPresent()) {
            report.best().get().evaluation().confusion().writeTo(folder);
            writeReliability(report.best().get().scaling());
        }
        write(REPORT_JSON, report.toJson());
        Map<String, byte[]> images = new HashMap<>();
        for (String name : List.of(CURVES, ConfusionMatrix.PNG, ReliabilityDiagram.PNG)) {
            if (has(name)) {
                images.put(name, read(name));
            }
        }
        for (String name : List.of(PREDICTIONS, CLASSES, TRAIN_BATCH)) {
            if (has(name)) {
                if (!photos.containsKey(name)) {
                    photos.put(name, Jpeg.of(read(name)));
                }
                images.put(name, photos.get(name));
            }
        }
        write(REPORT_HTML, report.toHtml(images, mistakes));
    }

    /** Those of the best epoch, or none. */
    private void writeReliability(Optional<TemperatureScaling> scaling) throws IOException {
        if (scaling.isPresent()) {
            String csv = ReliabilityDiagram.csv(scaling.get());
            boolean isWritten = Files.exists(folder.resolve(ReliabilityDiagram.PNG))
                    && Files.exists(folder.resolve(ReliabilityDiagram.CSV))
                    && Files.readString(folder.resolve(ReliabilityDiagram.CSV)).equals(csv);
            if (!isWritten) {
                write(ReliabilityDiagram.PNG, ReliabilityDiagram.png(scaling.get()));
                write(ReliabilityDiagram.CSV, csv);
            }
        } else {
            Files.deleteIfExists(folder.resolve(ReliabilityDiagram.CSV));
            Files.deleteIfExists(folder.resolve(ReliabilityDiagram.PNG));
        }
    }

    /** The content of a file that has been written before. */
    byte[] read(String name) throws IOException {
        return Files.readAllBytes(folder.resolve(name));
    }

    /** Whether a file has been written before, or is another process's to write. */
    boolean has(String name) {
        return !written || Files.exists(folder.resolve(name));
    }

    private void write(String name, String text) throws IOException {
        write(name, text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Writes a file of the run whole or not at all.
     *
     * @param name of the file in the run's folder
     */
    void write(String name, byte[] bytes) throws IOException {
        if (!written) {
            return;
        }
        photos.remove(name);
        AtomicFile.write(folder.resolve(name), out -> out.write(bytes));
    }

    @Override
    public String toString() {
        return folder.toString();
    }
}
