package dev.kinglet.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.base.Figures;
import dev.kinglet.base.Plural;
import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.Interruption;
import dev.kinglet.cli.console.Json;
import dev.kinglet.cli.weights.HubOptions;
import dev.kinglet.toolkit.Recipes;
import dev.kinglet.toolkit.Runs;
import dev.kinglet.toolkit.Training;
import dev.kinglet.toolkit.TrainingPlan;
import dev.kinglet.toolkit.launch.LaunchedRank;
import dev.kinglet.toolkit.launch.RankLauncher;
import dev.kinglet.train.TrainingResult;
import dev.kinglet.train.distributed.Rendezvous;
import dev.kinglet.train.options.TrainConfig;
import dev.kinglet.train.options.TrainOption;
import dev.kinglet.train.options.TrainOptions;
import dev.kinglet.train.run.RunFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.ISetter;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code kinglet train}. */
@Command(
        name = "train",
        abbreviateSynopsis = true,
        description = {
            "Train a network on a folder of labeled images, or resume a run.",
            "Ctrl-C stops after the running step and leaves a checkpoint."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kinglet train --data photos --val-every 5 --model peleenet --img-size 128 --epochs 40",
            "  kinglet train --data photos --val-every 5 --pretrained timm/mobilenetv2_100.ra_in1k --epochs 5",
            "  kinglet train -c recipe.yaml -o lr=0.1 -o optimizer.weight_decay=0.0005",
            "  kinglet train --data photos --val-every 5 --model peleenet --nproc 4 --max-restarts 2",
            "  kinglet train --resume"
        })
final class TrainCommand implements Callable<Integer> {
    private static final String NEWEST = "";
    private static final Set<String> LAUNCHERS =
            Set.of("--nproc", "--max-restarts"); // options with a value, not of a rank

    private final Console console;
    private final Map<TrainOption, String> given = new EnumMap<>(TrainOption.class);

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            description = "A YAML file of options: 'key: value', such as a run's args.yaml.")
    private @Nullable Path file;

    @Option(
            names = {"-o", "--override"},
            paramLabel = "KEY=VALUE",
            description = "One value over the file's: lr=0.1 or optimizer.lr=0.1.")
    private List<String> overrides = List.of();

    @Option(
            names = "--resume",
            arity = "0..1",
            fallbackValue = NEWEST,
            paramLabel = "RUN",
            description =
                    "Resume a run from its newest checkpoint; without RUN, the newest run. More --epochs train on after a"
                            + " finished run; --threads, --workers, --cache, --cache-size and the intervals may"
                            + " differ.")
    private @Nullable String resume;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private HubOptions hub = new HubOptions();

    @Option(
            names = "--dry-run",
            description =
                    "Print the resolved configuration, steps, learning rates and an estimate of the time; write nothing.")
    private boolean dryRun;

    @Option(names = "--json", description = "Print one JSON object at the end.")
    private boolean json;

    @ArgGroup(validate = false, heading = "%nSeveral processes:%n")
    private RankOptions ranks = new RankOptions();

    private TrainCommand(Console console) {
        this.console = console;
    }

    /** The command, with an option for each that a run has. */
    static CommandLine line(Console console) {
        TrainCommand command = new TrainCommand(console);
        CommandSpec spec = CommandSpec.forAnnotatedObject(command);
        for (TrainOption.Section section : TrainOption.Section.values()) {
            ArgGroupSpec.Builder group =
                    ArgGroupSpec.builder().validate(false).heading("%n" + capitalized(section.key()) + ":%n");
            for (TrainOption option : TrainOption.values()) {
                if (option.section() == section) {
                    group.addArg(command.line(option));
                }
            }
            spec.addArgGroup(group.build());
        }
        return new CommandLine(spec);
    }

    /** One of a run's options as one of the command line's. */
    private OptionSpec line(TrainOption option) {
        String standard = option.section() == TrainOption.Section.INPUT
                ? " (default: the network's own)"
                : option.defaultValue()
                        .map(value -> " (default: " + value + ")")
                        .orElse("");
        return OptionSpec.builder(option.flag())
                .type(String.class)
                .paramLabel(option.label())
                .arity(option.isSwitch() ? "0..1" : "1")
                .fallbackValue(option.isSwitch() ? "true" : "")
                .description(capitalized(option.help()) + standard + ".")
                .setter(new ISetter() {
                    @Override
                    public <T> T set(T value) {
                        if (value == null) { // picocli begins with "not given"
                            given.remove(option);
                        } else {
                            given.put(option, value.toString()); // the last of several, as in argparse
                        }
                        return value;
                    }
                })
                .build();
    }

    private static String capitalized(String text) {
        return Character.toUpperCase(text.charAt(0)) + text.substring(1);
    }

    @Override
    public Integer call() throws Exception {
        Optional<LaunchedRank> rank = LaunchedRank.of(System.getenv());
        if (rank.isPresent()) {
            return train(rank.get());
        }
        if (dryRun) {
            if (ranks.areGiven()) {
                throw new IllegalArgumentException(
                        "--dry-run plans the training of one process; leave out --nproc and its like");
            }
            return plan(Training.of(resume == null ? config() : toResume().config()));
        }
        Optional<Rendezvous> environment = Rendezvous.of(System.getenv());
        if (ranks.areGiven() || environment.isPresent()) {
            return launch(environment);
        }
        Training training = resume == null ? Training.of(config()) : Training.resume(toResume());
        try (TrainProgress progress = new TrainProgress(console);
                Interruption interruption = new Interruption(training::requestStop)) {
            TrainingResult result = training.listener(progress).run();
            progress.close();
            return report(RunFolder.open(result.run()), result);
        }
    }

    /** Starts the processes of this machine. */
    private int launch(Optional<Rendezvous> environment) throws IOException, InterruptedException {
        Rendezvous checked = ranks.of(environment.orElse(Rendezvous.of(0, 1, "localhost", 1)));
        int processes = ranks.processes(environment);
        List<String> arguments = new ArrayList<>();
        Iterator<String> all =
                spec.root().commandLine().getParseResult().originalArgs().iterator();
        while (all.hasNext()) {
            String argument = all.next();
            if (LAUNCHERS.contains(argument)) {
                all.next();
            } else if (LAUNCHERS.stream().noneMatch(option -> argument.startsWith(option + "="))) {
                arguments.add(argument);
            }
        }
        RankLauncher launcher = new RankLauncher(
                processes,
                environment,
                ranks.maxRestarts(),
                checked.timeout(),
                local -> RankOptions.command(arguments, local == 0),
                console.out(),
                console.err(),
                new RankLauncher.Listener() {
                    @Override
                    public void onFailure(String message) {
                        console.error(message);
                    }

                    @Override
                    public void onRestart(String message) {
                        console.note(message);
                    }
                });
        try (Interruption interruption = new Interruption(launcher::requestStop)) {
            return launcher.run();
        }
    }

    /** Trains as one of several processes. */
    private int train(LaunchedRank launched) throws Exception {
        Rendezvous rendezvous = ranks.of(launched.rendezvous());
        boolean isFirst = rendezvous.rank() == 0;
        Training training = (isFirst ? first(launched) : Training.join(rendezvous, typed())).rendezvous(rendezvous);
        launched.keepAlive();
        LaunchedRank.onLauncherEnded(System.in, training::requestStop);
        try (TrainProgress progress = new TrainProgress(console, launched::keep);
                Interruption interruption = new Interruption(training::requestStop)) {
            TrainingResult result = (isFirst ? training.listener(progress) : training).run();
            progress.close();
            return isFirst
                    ? report(RunFolder.open(result.run()), result)
                    : result.outcome() == TrainingResult.Outcome.INTERRUPTED ? Interruption.STATUS : 0;
        }
    }

    private Training first(LaunchedRank launched) throws IOException, InterruptedException {
        Optional<Path> begun = launched.run();
        if (begun.isPresent()) {
            return Training.resume(begun.get());
        }
        return resume == null ? Training.of(config()) : Training.resume(toResume());
    }

    /** Everything on the command line that stands for one of a run's options. */
    private TrainOptions typed() {
        TrainOptions options = TrainOptions.none().with(overrides);
        for (Map.Entry<TrainOption, String> option : given.entrySet()) {
            options = options.with(option.getKey(), option.getValue());
        }
        return options;
    }

    private TrainConfig config() throws IOException, InterruptedException {
        TrainOptions options = typed();
        if (options.given().containsAll(List.of(TrainOption.PRETRAINED, TrainOption.INITIAL_CHECKPOINT))) {
            throw new IllegalArgumentException(
                    "--pretrained and --initial-checkpoint both say where the weights come from;"
                            + " leave one of them out");
        }
        if (file != null) {
            options = options.over(TrainOptions.read(file));
        }
        return Recipes.config(options, hub.hub(), hub.progress(console));
    }

    private RunFolder toResume() throws IOException {
        TrainOptions changes = typed();
        List<String> others = changes.given().stream()
                .filter(option -> !option.changesOnResume())
                .map(option -> given.containsKey(option) ? option.flag() : "-o " + option.key())
                .collect(Collectors.toList());
        if (file != null) {
            others.add("--config");
        }
        if (!others.isEmpty()) {
            throw new IllegalArgumentException(
                    "a resumed run keeps its configuration but for more --epochs and options of"
                            + " the machine and the log; leave out " + String.join(", ", others)
                            + ", or begin another run");
        }
        return Runs.toResume(
                NEWEST.equals(resume)
                        ? Optional.empty()
                        : Optional.ofNullable(resume).map(Path::of),
                changes);
    }

    private int plan(Training training) throws IOException, InterruptedException {
        try (Interruption interruption = new Interruption(training::requestStop)) {
            TrainingPlan plan = training.plan();
            console.result(json ? Json.page(object(plan)) : text(plan));
            return 0;
        }
    }

    private static ObjectNode object(TrainingPlan plan) {
        ObjectNode object = Json.object()
                .put("training_images", plan.trainingImages())
                .put("validation_images", plan.validationImages())
                .put("classes", plan.labels().size())
                .put("epochs", plan.config().schedule().allEpochs())
                .put("steps_per_epoch", plan.stepsPerEpoch())
                .put("estimated_s", plan.time().toMillis() / 1000.0);
        plan.learningRates().forEach(object.putArray("learning_rates")::add);
        TrainOptions options = TrainOptions.of(plan.config());
        options.given()
                .forEach(option -> options.get(option)
                        .ifPresent(value -> object.withObject("/config").put(option.key(), value)));
        return object;
    }

    private static String text(TrainingPlan plan) {
        StringBuilder text = new StringBuilder(TrainOptions.of(plan.config()).toYaml());
        int epochs = plan.config().schedule().allEpochs();
        text.append(String.format(
                Locale.ROOT,
                "%n# %s of %s, %s; %s of %s%n# learning rate by epoch:",
                Plural.of(plan.trainingImages(), "training image"),
                Plural.of(plan.labels().size(), "class"),
                Plural.of(plan.validationImages(), "validation image"),
                Plural.of(epochs, "epoch"),
                Plural.of(plan.stepsPerEpoch(), "step")));
        int every = Math.max(1, epochs / 10);
        for (int epoch = 0; epoch < epochs; epoch += every) {
            text.append(String.format(
                    Locale.ROOT, " [%d] %.3g", epoch, plan.learningRates().get(epoch)));
        }
        return text.append(String.format(
                        Locale.ROOT,
                        ", at the end %.3g%n# estimated time: %s",
                        plan.learningRates().get(epochs),
                        Figures.duration(plan.time().toMillis() / 1000.0)))
                .toString();
    }

    private int report(RunFolder folder, TrainingResult result) {
        boolean interrupted = result.outcome() == TrainingResult.Outcome.INTERRUPTED;
        if (json) {
            ObjectNode object = Json.object()
                    .put("run", folder.toString())
                    .put("outcome", interrupted ? "interrupted" : "finished")
                    .put("epochs", result.epochs())
                    .put("seconds", result.time().toMillis() / 1000.0);
            result.best().ifPresent(best -> {
                object.put("best_epoch", best.epoch())
                        .put("top1", best.evaluation().top1())
                        .put("top5", best.evaluation().top5())
                        .put("loss", best.evaluation().loss());
                best.scaling()
                        .ifPresent(scaling -> object.put("temperature", scaling.temperature())
                                .put("ece_before", scaling.before().expectedCalibrationError())
                                .put("ece", scaling.after().expectedCalibrationError()));
            });
            console.result(Json.page(object));
        } else {
            result.bestResult()
                    .ifPresent(best -> console.result(
                            "%s: top-1 %s in epoch %d (from 0), the best of %s, %s",
                            folder,
                            best.describedTop1(),
                            best.epoch(),
                            Plural.of(result.epochs(), "epoch"),
                            Figures.duration(result.time().toMillis() / 1000.0)));
        }
        if (interrupted) {
            console.note(
                    "Stopped; a checkpoint is written. Resume it with: %s train --resume %s",
                    Console.program(), folder);
            return Interruption.STATUS;
        }
        console.note("Report: %s", folder.report().toAbsolutePath());
        return 0;
    }
}
