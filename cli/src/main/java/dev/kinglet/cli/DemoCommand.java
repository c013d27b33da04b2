package dev.kinglet.cli;

import dev.kinglet.base.ByteSize;
import dev.kinglet.base.Figures;
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
import dev.kinglet.toolkit.SyntheticRun;
import dev.kinglet.toolkit.TrainedModel;
import dev.kinglet.toolkit.Training;
import dev.kinglet.toolkit.synthetic.Motif;
import dev.kinglet.train.TrainingResult;
import dev.kinglet.train.metrics.Evaluation;
import dev.kinglet.train.options.TrainConfig;
import dev.kinglet.train.run.RunFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kinglet demo}. */
@Command(
        name = "demo",
        description = {
            "Do everything once: draw a small set of labeled images, train a network on it, evaluate, export, predict.",
            "Works offline; takes a few minutes. An eighth as many images again are drawn for validation."
        })
final class DemoCommand implements Callable<Integer> {
    private final Console console;

    @Option(names = "--output", paramLabel = "DIR", description = "Folder for all of it (default: ${DEFAULT-VALUE}).")
    private Path output = Path.of("runs");

    @Option(names = "--epochs", paramLabel = "N", description = "Epochs (default: ${DEFAULT-VALUE}).")
    private int epochs = 6;

    @Option(
            names = "--images",
            paramLabel = "N",
            description = "Training images per class (default: ${DEFAULT-VALUE}).")
    private int images = 400;

    @Option(names = "--seed", paramLabel = "N", description = "Random seed (default: ${DEFAULT-VALUE}).")
    private long seed = 1;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Compute threads (default: as many as there are processors that no other program uses).")
    private @Nullable Integer threads;

    DemoCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws Exception {
        console.result("Kinglet, from labeled images to a checked .onnx file");
        console.result("");
        SyntheticRun demo = new SyntheticRun(
                output, epochs, images, seed, threads == null ? OptionalInt.empty() : OptionalInt.of(threads));
        draw(demo);
        TrainConfig config = demo.config();
        RunFolder run;
        Training training = Training.of(config);
        try (TrainProgress progress = new TrainProgress(console);
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
                    config.model().name(),
                    config.preprocessing().inputSize(),
                    Plural.of(result.epochs(), "epoch"),
                    Figures.duration(result.time().toMillis() / 1000.0),
                    Plural.of(config.machine().computeThreads(), "thread"));
        }
        DataSource source = DataSource.open(demo.data(), DataOptions.defaults());
        evaluate(run.folder(), source.validation());
        Path exported = run.folder().resolve("demo.onnx");
        ExportReport export =
                Export.of(run.folder()).withStop(Interruption::isRequested).to(exported);
        step(
                "exported",
                "%s, %s; its logits differ by %.0e of their standard deviation",
                exported,
                ByteSize.mib(export.bytes()),
                export.difference());
        evaluate(exported, source.validation());
        predict(exported, demo);
        console.result("");
        console.result("The report:     %s", run.report().toAbsolutePath().toUri());
        console.result("The curves:     %s", run.curves().toAbsolutePath());
        console.result("The confusion:  %s", run.confusionMatrix().toAbsolutePath());
        console.result(
                "Your own photos, one folder per class:  %s train --data photos --val-every 5 --model %s",
                Console.program(), config.model().name());
        return 0;
    }

    private void draw(SyntheticRun demo) throws IOException {
        long start = System.nanoTime();
        boolean drawn = demo.draw(Interruption::check);
        step(
                drawn ? "drawn" : "found",
                "%d training images, %d validation images, %d classes%s: %s",
                demo.trainingImages(),
                demo.validationImages(),
                Motif.values().length,
                drawn ? ", in " + Figures.duration((System.nanoTime() - start) / 1e9) : ", drawn before",
                demo.data());
    }

    private void evaluate(Path model, Dataset validation) throws IOException, InterruptedException {
        try (TrainedModel trained = TrainedModel.open(model, threads == null ? Machine.processors() : threads)) {
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

    private void predict(Path exported, SyntheticRun demo) throws IOException {
        try (Classifier classifier = Classifier.open(exported)) {
            for (Path image : demo.examples()) {
                List<LabeledScore> answer = classifier.classify(image);
                step(
                        "predicted",
                        "%s: %s",
                        demo.data().relativize(image),
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
