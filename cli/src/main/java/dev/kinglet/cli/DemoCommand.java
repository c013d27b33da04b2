package dev.kinglet.cli;

import dev.kinglet.base.ByteSize;
import dev.kinglet.base.Plural;
import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.Interruption;
import dev.kinglet.data.DataOptions;
import dev.kinglet.data.DataSource;
import dev.kinglet.data.Dataset;
import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.ExportReport;
import dev.kinglet.infer.LabeledScore;
import dev.kinglet.toolkit.Evaluator;
import dev.kinglet.toolkit.Export;
import dev.kinglet.toolkit.Machine;
import dev.kinglet.toolkit.TrainedModel;
import dev.kinglet.toolkit.Training;
import dev.kinglet.toolkit.synthetic.Motif;
import dev.kinglet.toolkit.synthetic.SyntheticImages;
import dev.kinglet.train.TrainingResult;
import dev.kinglet.train.metrics.Evaluation;
import dev.kinglet.train.options.TrainConfig;
import dev.kinglet.train.options.TrainOption;
import dev.kinglet.train.options.TrainOptions;
import dev.kinglet.train.run.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kinglet demo}. */
@Command(
        name = "demo",
        description = {
            "Do everything once: draw a small set of labeled images, train a network on it, evaluate, export, predict.",
            "Needs no network; takes a few minutes."
        })
final class DemoCommand implements Callable<Integer> {
    private static final String MODEL = "peleenet";
    private static final int CLASSES = Motif.values().length;
    private static final int TRAINING_PER_VALIDATION = 8; // training images per validation image
    private static final DateTimeFormatter DATE_AND_TIME = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);

    private final Console console;

    @Option(
            names = "--output",
            paramLabel = "DIR",
            description = "Folder for the images, the run and the exported file (default: ${DEFAULT-VALUE}).")
    private Path output = Path.of("runs");

    @Option(names = "--epochs", paramLabel = "N", description = "Epochs (default: ${DEFAULT-VALUE}).")
    private int epochs = 6;

    @Option(
            names = "--images",
            paramLabel = "N",
            description =
                    "Training images per class; an eighth as many more are for validation (default: ${DEFAULT-VALUE}).")
    private int images = 400;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Random seed of images and training (default: ${DEFAULT-VALUE}).")
    private long seed = 1;

    @Option(names = "--threads", paramLabel = "N", description = "Compute threads (default: all processors).")
    private int threads = Machine.processors();

    DemoCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws Exception {
        console.result("Kinglet, from labeled images to a checked .onnx file");
        console.result("");
        Path data = draw();
        TrainConfig config = config(data);
        RunFolder run;
        Training training = Training.of(config);
        try (TrainProgress progress = TrainProgress.on(console);
                Interruption interruption = new Interruption(training::requestStop)) {
            TrainingResult result = training.listener(progress).run();
            progress.close();
            run = RunFolder.open(result.run());
            if (result.outcome() == TrainingResult.Outcome.INTERRUPTED) {
                console.note(
                        "Stopped; a checkpoint is written. Resume it with: %s train --resume %s",
                        Console.program(), run.folder());
                return Interruption.STATUS;
            }
            step(
                    "trained",
                    "%s, %d pixels, %s in %s on %s",
                    MODEL,
                    config.preprocessing().inputSize(),
                    Plural.of(result.epochs(), "epoch"),
                    Figures.duration(result.time().toMillis() / 1000.0),
                    Plural.of(threads, "thread"));
        }
        DataSource source = DataSource.open(data, DataOptions.defaults());
        evaluate(run.folder(), source.validation());
        Path exported = run.folder().resolve("demo.onnx");
        ExportReport export = Export.of(run.folder()).to(exported);
        step(
                "exported",
                "%s, %s; its logits differ by %.0e of their standard deviation",
                exported,
                ByteSize.mib(export.bytes()),
                export.difference());
        evaluate(exported, source.validation());
        predict(exported, data);
        console.result("");
        console.result("The report:     %s", run.report().toAbsolutePath().toUri());
        console.result("The curves:     %s", run.curves().toAbsolutePath());
        console.result("The confusion:  %s", run.confusionMatrix().toAbsolutePath());
        console.result(
                "Your own photos, one folder per class:  %s train --data photos --val-every 5 --model %s",
                Console.program(), MODEL);
        return 0;
    }

    private Path draw() throws IOException {
        if (images < TRAINING_PER_VALIDATION) {
            throw new IllegalArgumentException("--images is at least " + TRAINING_PER_VALIDATION + ", not " + images);
        }
        int validation = images / TRAINING_PER_VALIDATION;
        Path data = output.resolve("demo-images-" + images + "-seed" + seed);
        boolean there = Files.exists(data); // drawn whole or not at all
        long start = System.nanoTime();
        if (!there) {
            SyntheticImages.draw(data, seed, images, validation);
        }
        step(
                there ? "found" : "drawn",
                "%d training images, %d validation images, %d classes%s: %s",
                CLASSES * images,
                CLASSES * validation,
                CLASSES,
                there ? ", drawn before" : ", in " + Figures.duration((System.nanoTime() - start) / 1e9),
                data);
        return data;
    }

    private TrainConfig config(Path data) {
        TrainOptions options =
                TrainOptions.none().with(TrainOption.DATA, data.toString()).with(TrainOption.OUTPUT, output.toString());
        for (String option : List.of(
                "model=" + MODEL,
                "img_size=64",
                "crop_pct=1",
                "crop=padded",
                "padding=6",
                "epochs=" + epochs,
                "batch_size=32",
                "lr=0.05",
                "weight_decay=0.0005",
                "seed=" + seed,
                "threads=" + threads,
                "name=demo-" + LocalDateTime.now(ZoneId.systemDefault()).format(DATE_AND_TIME))) {
            options = options.with(option);
        }
        return TrainConfig.of(options);
    }

    private void evaluate(Path model, Dataset validation) throws IOException, InterruptedException {
        try (TrainedModel trained = TrainedModel.open(model, threads)) {
            Evaluation evaluation =
                    Evaluator.defaults().withStop(Interruption::isRequested).evaluate(trained, validation);
            step(
                    "evaluated",
                    "top-1 %s of %d images it has not seen, by %s",
                    Figures.percent(evaluation.top1()),
                    evaluation.images(),
                    trained.runtime());
        }
    }

    private void predict(Path exported, Path data) throws IOException {
        try (Classifier classifier = Classifier.open(exported)) {
            for (Motif motif : List.of(Motif.STAR, Motif.WAVES, Motif.CROSS)) {
                Path image = data.resolve("val").resolve(motif.label()).resolve("0000.png");
                List<LabeledScore> answer = classifier.classify(image);
                step(
                        "predicted",
                        "%s: %s",
                        data.relativize(image),
                        answer.stream()
                                .limit(2)
                                .map(score ->
                                        String.format(Locale.ROOT, "%s %.1f %%", score.label(), 100 * score.score()))
                                .collect(Collectors.joining(", ")));
            }
        }
    }

    /** Prints one step of the demo, with its figures. */
    private void step(String what, String format, Object... values) {
        console.result("  %-10s %s", what, String.format(Locale.ROOT, format, values));
    }
}
