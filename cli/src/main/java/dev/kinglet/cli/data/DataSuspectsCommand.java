package dev.kinglet.cli.data;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.base.AtomicFile;
import dev.kinglet.base.Figures;
import dev.kinglet.base.Plural;
import dev.kinglet.base.Table;
import dev.kinglet.cli.console.BatchOptions;
import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.DecodingChoice;
import dev.kinglet.cli.console.Interruption;
import dev.kinglet.cli.console.Json;
import dev.kinglet.cli.console.SplitChoice;
import dev.kinglet.data.DataOptions;
import dev.kinglet.data.DataSource;
import dev.kinglet.data.Dataset;
import dev.kinglet.data.ListFiles;
import dev.kinglet.data.ListWriter;
import dev.kinglet.network.Card;
import dev.kinglet.toolkit.Runs;
import dev.kinglet.toolkit.SuspectFinder;
import dev.kinglet.toolkit.TrainedModel;
import dev.kinglet.toolkit.TrainingData;
import dev.kinglet.train.run.RunFolder;
import dev.kinglet.train.run.SuspectsPage;
import dev.kinglet.train.suspects.ConfidentLearning;
import dev.kinglet.train.suspects.Suspect;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kinglet data suspects}. */
@Command(
        name = "suspects",
        description = {
            "Find images whose labels are likely wrong (label errors), by confident learning.",
            "Each image is scored by logistic regression on the network's embeddings, cross-validated, so that its own label has"
                    + " no part in its score. suspects.html shows the images, the most suspicious first; train_list.txt and"
                    + " val_list.txt list all images, to be corrected and trained with."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kinglet data suspects latest                                       the run's own images",
            "  kinglet data suspects pretrained.safetensors --data photos --val-every 5 --output checked",
            "  kinglet train --data photos --cls-label-path-train checked/train_list.txt \\",
            "      --cls-label-path-val checked/val_list.txt --labels checked/labels.txt --model peleenet"
        })
final class DataSuspectsCommand implements Callable<Integer> {
    private static final String PAGE = "suspects.html";
    private static final String FOLDER = "suspects";
    private static final double DOUBTFUL =
            0.25; // fraction of suspects that is more likely a network that knows nothing
    private static final int PAIRS = 20; // in the text; the page has more, JSON all

    private final Console console;

    @Parameters(
            paramLabel = "MODEL",
            description = "A run's folder, a .safetensors file, an .onnx file with embeddings, or latest for the newest"
                    + " run. Of other classes if you like: best a network that was not trained on these labels.")
    private Path model = Path.of("");

    @Option(names = "--data", paramLabel = "DIR", description = "Labeled images (default: the run's own).")
    private @Nullable Path data;

    @Mixin
    private SplitChoice validation = new SplitChoice();

    @Option(
            names = "--cls-label-path-train",
            paramLabel = "LIST",
            description = "File that lists the training images: one 'path label' per line, paths relative to DIR.")
    private @Nullable Path train;

    @Mixin
    private DecodingChoice decoding = new DecodingChoice();

    @Option(
            names = "--held-out",
            description = "Take the network's own scores, and only the validation images, which it was not trained on.")
    private boolean heldOut;

    @Option(
            names = "--folds",
            paramLabel = "N",
            description = "Folds of the cross-validation (default: ${DEFAULT-VALUE}).")
    private int folds = 5;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Seed of the division into folds (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--top", paramLabel = "N", description = "Images on the page (default: ${DEFAULT-VALUE}).")
    private int top = 200;

    @Option(
            names = "--output",
            paramLabel = "DIR",
            description = "Folder to write to (default: suspects in the run's folder, or else in the current one).")
    private @Nullable Path output;

    @Mixin
    private BatchOptions batches = new BatchOptions();

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    DataSuspectsCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (folds < 2) {
            throw new IllegalArgumentException("--folds is at least 2, not " + folds);
        }
        if (top < 1) {
            throw new IllegalArgumentException("--top is at least 1, not " + top);
        }
        model = Runs.resolve(model);
        Optional<RunFolder> run = Runs.at(model);
        Path folder = output != null
                ? output
                : run.map(found -> found.folder().resolve(FOLDER)).orElse(Path.of(FOLDER));
        ListWriter.requireFree(folder); // they may have been corrected
        DataSource source;
        SuspectFinder.Found found;
        try (TrainedModel trained = TrainedModel.open(model, batches.threads())) {
            source = open(run, trained.card());
            SuspectFinder finder =
                    new SuspectFinder(folds, seed, batches.batchSize(), batches.workers(), Interruption::isRequested);
            if (heldOut) {
                found = finder.byScores(trained, source.validation());
            } else {
                found = finder.byEmbeddings(trained, SuspectFinder.all(source));
            }
        }
        if (!found.smallClasses().isEmpty()) {
            console.note(
                    "left out, for they have fewer than %d images: %s", folds, String.join(", ", found.smallClasses()));
        }
        if (found.learned().suspects().isEmpty() && !heldOut) {
            console.note(
                    "A network that was trained on these labels has learned the wrong ones too; take one that was not");
        }
        warnOfWeakNetwork(found);
        Path page = folder.resolve(PAGE);
        String title =
                "Suspect labels of " + dataOf(run).toAbsolutePath().normalize().getFileName();
        String html = new SuspectsPage(title, found.images(), found.scored(), found.learned()).toHtml(top);
        Files.createDirectories(folder);
        AtomicFile.write(page, out -> out.write(html.getBytes(StandardCharsets.UTF_8)));
        Optional<ListFiles> lists = lists(source, folder, found, dataOf(run));
        console.result(json ? json(found, page, lists) : text(found));
        console.note("Page: %s", page.toAbsolutePath());
        lists.ifPresent(written -> console.note(
                "To correct, and to train with: %s",
                String.join(
                        ", ",
                        Stream.of(written.train(), written.validation())
                                .flatMap(Optional::stream)
                                .map(Path::toString)
                                .toList())));
        return 0;
    }

    private void warnOfWeakNetwork(SuspectFinder.Found found) {
        int suspects = found.learned().suspects().size();
        if (suspects > DOUBTFUL * found.scored()) {
            console.note(
                    "WARN: %d of %d labels look wrong: more likely the network cannot tell these classes apart; take one"
                            + " that can%s",
                    suspects, found.scored(), heldOut ? ", or leave out --held-out" : "");
        }
    }

    private Path dataOf(Optional<RunFolder> run) {
        return Optional.ofNullable(data)
                .or(() -> run.map(trained -> trained.config().data().path()))
                .orElseThrow(() ->
                        new IllegalArgumentException("--data is missing: the folder or archive of labeled images"));
    }

    private DataSource open(Optional<RunFolder> run, Card card) throws IOException {
        if (data == null && !validation.isGiven() && train == null && run.isPresent()) {
            return TrainingData.open(decoding.applied(run.get().config()));
        }
        DataOptions options = DataOptions.defaults().withDecoder(decoding.decoder(card.preprocessing()));
        return validation.open(dataOf(run), options, train);
    }

    /** Empty where the images are not files that a list could name. */
    private Optional<ListFiles> lists(DataSource source, Path folder, SuspectFinder.Found found, Path images)
            throws IOException {
        Dataset all = found.images();
        if (!Files.exists(images.resolve(all.name(0)))) {
            console.note("No list is written: the images of %s are not files of their own", images);
            return Optional.empty();
        }
        return Optional.of(
                heldOut
                        ? SuspectFinder.writeHeldOutLists(source, folder, found)
                        : SuspectFinder.writeLists(source, folder, found));
    }

    private static String json(SuspectFinder.Found found, Path page, Optional<ListFiles> lists) {
        ConfidentLearning learned = found.learned();
        List<String> labels = found.images().labels();
        ObjectNode object = Json.object()
                .put("images", found.scored())
                .put("suspects", learned.suspects().size())
                .put("estimated_errors", learned.estimate());
        found.smallClasses().forEach(object.putArray("left_out")::add);
        ArrayNode pairs = object.putArray("pairs");
        for (ConfidentLearning.Pair pair : learned.pairs()) {
            pairs.addObject()
                    .put("label", labels.get(pair.label()))
                    .put("likely", labels.get(pair.likely()))
                    .put("images", pair.images());
        }
        ArrayNode ranked = object.putArray("ranked");
        for (Suspect suspect : learned.suspects()) {
            ranked.addObject()
                    .put("file_name", found.images().name(suspect.image()))
                    .put("label", labels.get(suspect.label()))
                    .put("likely", labels.get(suspect.likely()))
                    .put("label_score", suspect.labelScore())
                    .put("likely_score", suspect.likelyScore())
                    .put("margin", suspect.margin());
        }
        object.put("page", page.toString());
        lists.flatMap(ListFiles::train).ifPresent(list -> object.put("train_list", list.toString()));
        lists.flatMap(ListFiles::validation).ifPresent(list -> object.put("val_list", list.toString()));
        return Json.page(object);
    }

    private static String text(SuspectFinder.Found found) {
        ConfidentLearning learned = found.learned();
        List<String> labels = found.images().labels();
        List<ConfidentLearning.Pair> pairs = learned.pairs();
        StringBuilder text = new StringBuilder();
        if (!pairs.isEmpty()) {
            Table table = new Table("label", "likely", ">images");
            for (ConfidentLearning.Pair pair : pairs.subList(0, Math.min(PAIRS, pairs.size()))) {
                table.row(labels.get(pair.label()), labels.get(pair.likely()), Integer.toString(pair.images()));
            }
            text.append(table).append('\n');
            if (pairs.size() > PAIRS) {
                text.append("(").append(pairs.size() - PAIRS).append(" more pairs)\n");
            }
            text.append('\n');
        }
        return text.append(Plural.of(learned.suspects().size(), "suspect"))
                .append(" among ")
                .append(Plural.of(found.scored(), "image"))
                .append("; wrong labels in all, estimated: ")
                .append(Math.round(learned.estimate()))
                .append(" (")
                .append(Figures.percent(100 * learned.estimate() / found.scored()))
                .append(")")
                .toString();
    }
}
