package dev.kinglet.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.data.DataSource;
import dev.kinglet.data.DataSurvey;
import dev.kinglet.data.SkippedImage;
import dev.kinglet.toolkit.Machine;
import java.io.IOException;
import java.util.ArrayList;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kinglet data info}. */
@Command(
        name = "info",
        description = {
            "Count, measure and compare labeled images; every one is decoded.",
            "Duplicates are images with the same pixels."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kinglet data info photos",
            "  kinglet data info photos --val-every 5 --json",
            "  kinglet data info cifar-10-python.tar.gz"
        })
final class DataInfoCommand implements Callable<Integer> {
    private static final int NAMED = 20; // unreadable or duplicate images in the text; JSON has all

    private final Console console;

    @Mixin
    private DataChoice choice = new DataChoice();

    @Option(names = "--workers", paramLabel = "N", description = "Threads that read (default: all processors).")
    private int workers = Machine.processors();

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
        DataSource source = choice.open();
        DataSurvey survey = DataSurvey.of(source, workers, Interruption::check);
        console.result(json ? json(source, survey) : text(source, survey));
        return 0;
    }

    private String json(DataSource source, DataSurvey survey) {
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
            node.put("across_splits", group.acrossParts()).put("across_classes", group.acrossClasses());
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
        return Json.page(page);
    }

    private static ObjectNode range(Optional<DataSurvey.Range> range) {
        ObjectNode node = Json.object();
        range.ifPresent(r -> node.put("min", r.min()).put("median", r.median()).put("max", r.max()));
        return node;
    }

    private String text(DataSource source, DataSurvey survey) {
        TextTable classes = new TextTable("class", ">train", ">validation");
        survey.classes()
                .forEach(each ->
                        classes.row(each.label(), Integer.toString(each.train()), Integer.toString(each.validation())));
        List<String> lines = new ArrayList<>(List.of(classes.toString(), ""));
        lines.add(choice.data() + ": " + source.description());
        IntSummaryStatistics sizes = survey.classes().stream()
                .mapToInt(each -> each.train() + each.validation())
                .summaryStatistics();
        lines.add(String.format(
                Locale.ROOT,
                "images a class: %d to %d%s; %.1f MiB in all",
                sizes.getMin(),
                sizes.getMax(),
                sizes.getMin() == 0
                        ? ""
                        : String.format(Locale.ROOT, ", a factor of %.1f", (double) sizes.getMax() / sizes.getMin()),
                survey.bytes() / (double) (1 << 20)));
        survey.width().ifPresent(range -> lines.add("width: " + pixels(range)));
        survey.height().ifPresent(range -> lines.add("height: " + pixels(range)));
        lines.add("unreadable: " + survey.unreadable().size());
        survey.unreadable().stream().limit(NAMED).forEach(image -> lines.add("  " + named(image)));
        lines.add("duplicates: " + survey.duplicates().size() + " groups");
        survey.duplicates().stream().limit(NAMED).forEach(group -> lines.add("  " + named(group)));
        return String.join("\n", lines);
    }

    private static String pixels(DataSurvey.Range range) {
        return range.min() + " to " + range.max() + " pixels, half of them up to " + range.median();
    }

    private static String named(SkippedImage image) {
        return image.reason().contains(image.name()) ? image.reason() : image.name() + ": " + image.reason();
    }

    private static String named(DataSurvey.Duplicates group) {
        return String.join(" = ", group.names())
                + (group.acrossParts() ? ", trained on and validating" : "")
                + (group.acrossClasses() ? ", of different classes" : "");
    }
}
