package dev.kinglet.cli.data;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.base.ByteSize;
import dev.kinglet.base.Plural;
import dev.kinglet.base.Table;
import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.Interruption;
import dev.kinglet.cli.console.Json;
import dev.kinglet.data.DataSource;
import dev.kinglet.data.DataSurvey;
import dev.kinglet.data.SkippedImage;
import dev.kinglet.toolkit.Embedder;
import dev.kinglet.toolkit.Machine;
import dev.kinglet.toolkit.TrainedModel;
import dev.kinglet.toolkit.embedding.NearDuplicates;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kinglet data info}. */
@Command(
        name = "info",
        description = {
            "Count, measure and compare labeled images; every image is decoded.",
            "Duplicates are images with the same pixels."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kinglet data info photos",
            "  kinglet data info photos --val-every 5 --stats",
            "  kinglet data info photos --val-every 5 --near-duplicates",
            "  kinglet data info photos --val-every 5 --json",
            "  kinglet data info cifar-10-python.tar.gz"
        })
final class DataInfoCommand implements Callable<Integer> {
    private static final int NAMED = 20; // unreadable or duplicate images in the text; JSON has all

    private final Console console;

    @Mixin
    private DataChoice choice = new DataChoice();

    @Option(names = "--workers", paramLabel = "N", description = "Data-loader workers (default: all processors).")
    private int workers = Machine.processors();

    @Option(
            names = "--stats",
            description = "Compute mean and standard deviation of the training images, as --mean and --std take them.")
    private boolean stats;

    @Option(
            names = "--near-duplicates",
            description =
                    "Compare every image with every other, and name pairs that are nearly the same, within and across"
                            + " the splits: by small thumbnails, or by --model.")
    private boolean nearDuplicates;

    @Option(
            names = "--threshold",
            paramLabel = "X",
            description = "Of the similarity of near duplicates, up to 1 (default: 0.75, by --model 0.9).")
    private @Nullable Double threshold;

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            description =
                    "Compare embeddings of this network: an .onnx file that was exported with --embeddings, a run's"
                            + " folder or a .safetensors file.")
    private @Nullable Path model;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    DataInfoCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (workers < 1) {
            throw new IllegalArgumentException("--workers is at least 1, not " + workers);
        }
        if (!nearDuplicates && (threshold != null || model != null)) {
            throw new IllegalArgumentException("--threshold and --model go with --near-duplicates");
        }
        DataSource source = choice.open();
        DataSurvey survey = DataSurvey.of(source, workers, Interruption::check);
        Optional<NearDuplicates> near = nearDuplicates ? Optional.of(near(source)) : Optional.empty();
        console.result(json ? json(source, survey, near) : text(source, survey, near));
        return 0;
    }

    private NearDuplicates near(DataSource source) throws IOException {
        if (model == null) {
            return NearDuplicates.of(
                    source,
                    NearDuplicates.Features.thumbnails(Interruption::check),
                    threshold == null ? NearDuplicates.THUMBNAIL_THRESHOLD : threshold,
                    Interruption::check);
        }
        try (TrainedModel trained = TrainedModel.open(model, workers)) {
            Embedder embedder = new Embedder(trained, Interruption::isRequested);
            return NearDuplicates.of(
                    source,
                    (images, skipped) -> embedder.embed(images, skipped::add),
                    threshold == null ? NearDuplicates.EMBEDDING_THRESHOLD : threshold,
                    Interruption::check);
        }
    }

    private String json(DataSource source, DataSurvey survey, Optional<NearDuplicates> near) {
        ArrayNode classes = Json.array();
        int train = 0;
        int validation = 0;
        for (DataSurvey.ClassCount each : survey.classes()) {
            train += each.train();
            validation += each.validation();
            classes.addObject()
                    .put("label", each.label())
                    .put("train", each.train())
                    .put("validation", each.validation());
        }
        ArrayNode unreadable = Json.array();
        for (SkippedImage image : survey.unreadable()) {
            unreadable.addObject().put("file_name", image.name()).put("error", image.reason());
        }
        ArrayNode duplicates = Json.array();
        for (DataSurvey.Duplicates group : survey.duplicates()) {
            ObjectNode node = duplicates.addObject();
            ArrayNode names = node.putArray("file_names");
            group.names().forEach(names::add);
            node.put("across_splits", group.acrossSplits()).put("across_classes", group.acrossClasses());
        }
        ObjectNode page = Json.object()
                .put("data", choice.data().toString())
                .put("num_classes", survey.classes().size())
                .put("train", train)
                .put("validation", validation)
                .put("bytes", survey.bytes())
                .put("dataset_digest", source.digest());
        page.set("classes", classes);
        page.set("width", range(survey.width()));
        page.set("height", range(survey.height()));
        page.set("unreadable", unreadable);
        page.set("duplicates", duplicates);
        near.ifPresent(found -> {
            page.put("near_duplicate_threshold", found.threshold());
            ArrayNode pairs = page.putArray("near_duplicates");
            for (NearDuplicates.Pair pair : found.pairs()) {
                ObjectNode node = pairs.addObject();
                node.putArray("file_names").add(pair.first()).add(pair.second());
                node.put("similarity", pair.similarity())
                        .put("across_splits", pair.acrossSplits())
                        .put("across_classes", pair.acrossClasses());
            }
        });
        ObjectNode leftOut = page.putObject("left_out");
        source.leftOut().forEach(leftOut::put);
        source.unusedSplits().forEach(page.putArray("unused_splits")::add);
        source.remarks().forEach(page.putArray("remarks")::add);
        if (stats) {
            DataSurvey.PixelStatistics pixels = pixels(survey);
            pixels.mean().forEach(page.putArray("mean")::add);
            pixels.std().forEach(page.putArray("std")::add);
        }
        return Json.page(page);
    }

    private static ObjectNode range(Optional<DataSurvey.Range> range) {
        ObjectNode node = Json.object();
        range.ifPresent(r -> node.put("min", r.min()).put("median", r.median()).put("max", r.max()));
        return node;
    }

    /** @throws IllegalArgumentException if there are no images to train on */
    private DataSurvey.PixelStatistics pixels(DataSurvey survey) {
        return survey.trainPixels()
                .orElseThrow(() -> new IllegalArgumentException("--stats is computed over images to train on, and "
                        + choice.data() + " has none that can be read"));
    }

    private String text(DataSource source, DataSurvey survey, Optional<NearDuplicates> near) {
        Table classes = new Table("class", ">train", ">validation");
        int empty = 0; // a list may leave out indices
        for (DataSurvey.ClassCount each : survey.classes()) {
            if (each.train() + each.validation() == 0) {
                empty++;
            } else {
                classes.row(each.label(), Integer.toString(each.train()), Integer.toString(each.validation()));
            }
        }
        List<String> lines = new ArrayList<>(List.of(classes.toString()));
        if (empty > 0) {
            lines.add("(" + Plural.of(empty, "class") + " without images)");
        }
        lines.add("");
        lines.add(choice.data() + ": " + source.description());
        source.remarks().forEach(remark -> lines.add("  " + remark));
        lines.add(String.format(
                Locale.ROOT, "images per class: %s; %s in all", survey.classSizes(), ByteSize.mib(survey.bytes())));
        survey.width().ifPresent(range -> lines.add("width: " + range));
        survey.height().ifPresent(range -> lines.add("height: " + range));
        lines.add("unreadable: " + survey.unreadable().size());
        addSome(lines, survey.unreadable(), DataInfoCommand::named);
        lines.add("duplicates: " + Plural.of(survey.duplicates().size(), "group"));
        addSome(lines, survey.duplicates(), DataSurvey.Duplicates::toString);
        near.ifPresent(found -> {
            lines.add(String.format(
                    Locale.ROOT,
                    "near duplicates, of similarity %.2f and more: %s, %d across the splits",
                    found.threshold(),
                    Plural.of(found.pairs().size(), "pair"),
                    found.acrossSplits().size()));
            addSome(lines, found.pairs(), DataInfoCommand::named);
        });
        if (stats) {
            DataSurvey.PixelStatistics pixels = pixels(survey);
            lines.add("training images: --mean " + commas(pixels.mean()) + " --std " + commas(pixels.std()));
        }
        return String.join("\n", lines);
    }

    private static <T> void addSome(List<String> lines, List<T> entries, Function<T, String> named) {
        entries.stream().limit(NAMED).forEach(entry -> lines.add("  " + named.apply(entry)));
        if (entries.size() > NAMED) {
            lines.add("  " + (entries.size() - NAMED) + " more; --json lists all");
        }
    }

    private static String commas(List<Double> values) {
        return values.stream()
                .map(value -> String.format(Locale.ROOT, "%.4f", value))
                .collect(Collectors.joining(","));
    }

    private static String named(NearDuplicates.Pair pair) {
        return String.format(
                Locale.ROOT,
                "%.3f %s ~ %s%s%s",
                pair.similarity(),
                pair.first(),
                pair.second(),
                pair.acrossSplits() ? ", in both splits" : "",
                pair.acrossClasses() ? ", of different classes" : "");
    }

    private static String named(SkippedImage image) {
        return image.reason().contains(image.name()) ? image.reason() : image.name() + ": " + image.reason();
    }
}
