package dev.kinglet.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.base.LabelFile;
import dev.kinglet.base.Printable;
import dev.kinglet.network.Card;
import dev.kinglet.network.Interpolation;
import dev.kinglet.network.Model;
import dev.kinglet.network.Network;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Tensors;
import dev.kinglet.toolkit.Untrained;
import dev.kinglet.weights.ModelFile;
import dev.kinglet.weights.WeightFile;
import dev.kinglet.weights.WeightLimits;
import dev.kinglet.weights.WeightMatch;
import dev.kinglet.weights.WeightsException;
import dev.kinglet.zoo.Variant;
import dev.kinglet.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kinglet import}. */
@Command(
        name = "import",
        description = {
            "Make weights published by others a .safetensors file that eval, predict and export take.",
            "Nothing in the file is run. Tensors are matched by name and shape; prefixes 'module.' and '_orig_mod.' are "
                    + "dropped, counters that are absent are 0."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kinglet import --model peleenet peleenet_acc7208.pth.tar --labels imagenet.txt --output peleenet.safetensors",
            "  kinglet import --model peleenet mine.pth --num-classes 16 --img-size 128 --output mine.safetensors"
        })
final class ImportCommand implements Callable<Integer> {
    private static final String SUFFIX = ".safetensors";
    private static final String BACKGROUND = "background";
    private static final int NAMES_TOLD = 3;

    private final Console console;

    @Parameters(
            paramLabel = "FILE",
            description = "The weights: .pth, .pth.tar, .th or .pt of torch, .pdparams of Paddle, or .safetensors.")
    private Path file = Path.of("");

    @Option(
            names = "--model",
            required = true,
            paramLabel = "MODEL",
            description = "Which network they are of, a name of kinglet models.")
    private String name = "";

    @Option(
            names = "--output",
            required = true,
            paramLabel = "OUT.safetensors",
            description = "What to write; replaced if it is there.")
    private Path output = Path.of("");

    @Option(
            names = "--labels",
            paramLabel = "FILE",
            description = "Names of the classes, one a line (default: their numbers).")
    private @Nullable Path labels;

    @Option(
            names = "--num-classes",
            paramLabel = "N",
            description = "Classes the weights tell apart (default: as many as --labels, or as published).")
    private @Nullable Integer classes;

    @Option(
            names = "--new-head",
            description = "Where the file's last layer is of other classes, or absent, put a fresh one, to be trained.")
    private boolean newHead;

    @Option(
            names = "--background",
            paramLabel = "INDEX",
            description = "Output that stands for none of the classes; answers leave it out (default: as published).")
    private @Nullable Integer background;

    @Option(
            names = "--state-dict",
            paramLabel = "NAME",
            description =
                    "Which dictionary of a checkpoint to read (default: state_dict_ema, state_dict or model, the first "
                            + "there is).")
    private @Nullable String part;

    @Option(
            names = "--img-size",
            paramLabel = "PIXELS",
            description = "Side of the image the weights were trained for (default of this and the next four: as "
                    + "published).")
    private @Nullable Integer imageSize;

    @Option(names = "--crop-pct", paramLabel = "SHARE", description = "Share of the resized image that is seen.")
    private @Nullable Double cropPct;

    @Option(names = "--interpolation", paramLabel = "bilinear|bicubic", description = "How images are resized.")
    private @Nullable String interpolation;

    @Option(
            names = "--mean",
            split = ",",
            paramLabel = "R,G,B",
            description = "Mean of red, green and blue on the scale 0 to 1.")
    private @Nullable List<Double> mean;

    @Option(names = "--std", split = ",", paramLabel = "R,G,B", description = "Their standard deviations.")
    private @Nullable List<Double> std;

    @Option(names = "--json", description = "Print one JSON object, with all names.")
    private boolean json;

    ImportCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        if (!output.toString().endsWith(SUFFIX)) {
            throw new IllegalArgumentException(
                    "--output is the name of a file that ends in " + SUFFIX + ", not " + output);
        }
        if (Files.exists(file) && Files.exists(output) && Files.isSameFile(file, output)) {
            throw new IllegalArgumentException("--output is " + file + " itself; name another file");
        }
        Variant variant = Zoo.get(name);
        Card card = card(variant);
        Network network =
                variant.network(card.preprocessing().shape(), card.labels().size());
        WeightFile content =
                part == null ? WeightFile.read(file) : WeightFile.readPart(file, part, WeightLimits.defaults());
        if (hasCard(content)) {
            throw new IllegalArgumentException(
                    file + " is Kinglet's own and has its card already; eval, predict and export take it as it is");
        }
        WeightMatch match = newHead
                ? WeightMatch.withNewHead(
                        network, content, Untrained.model(variant, card, 0).tensors())
                : WeightMatch.of(network, content);
        Tensors tensors;
        try {
            tensors = match.tensorsDespiteUnexpected();
        } catch (WeightsException e) {
            report(content, card, match, OptionalLong.empty());
            throw new CommandFailedException(e.getMessage() + advice(variant, network.classes(), content), e);
        }
        ModelFile.write(output, new Model(network, tensors, card));
        report(content, card, match, OptionalLong.of(Files.size(output)));
        return 0;
    }

    // ---- what the file is to say of itself

    private Card card(Variant variant) throws IOException {
        Preprocessing published = variant.preprocessing();
        Preprocessing preprocessing = new Preprocessing(
                imageSize == null ? published.inputSize() : imageSize,
                cropPct == null ? published.cropPct() : cropPct,
                interpolation == null ? published.interpolation() : Interpolation.of(interpolation),
                mean == null ? published.mean() : mean,
                std == null ? published.std() : std);
        List<String> names = labels == null ? List.of() : names(labels);
        OptionalInt none = background(variant, names.size());
        int outputs = outputs(variant, names.size(), none);
        return new Card(variant.name(), labels(names, outputs, none), preprocessing, none, Map.of())
                .with(Card.VERSION, Version.kinglet());
    }

    /** As many as --num-classes says or as published, or else one for each name. */
    private int outputs(Variant variant, int named, OptionalInt none) {
        int outputs = classes == null ? variant.classes() : classes;
        if (outputs < 1) {
            throw new IllegalArgumentException("--num-classes is at least 1, not " + outputs);
        }
        if (labels == null || named == outputs || (named == outputs - 1 && none.isPresent())) {
            return outputs;
        }
        if (classes != null) {
            throw new IllegalArgumentException(
                    "--num-classes is " + outputs + ", but " + labels + " names " + named + " classes");
        }
        return named;
    }

    private List<String> names(Path file) throws IOException {
        LabelFile read = LabelFile.read(file);
        read.remark(file).ifPresent(remark -> console.note("%s", remark));
        return read.names();
    }

    /** The names with the background's own among them, if it has none; or numbers, which do not count the background. */
    private List<String> labels(List<String> names, int outputs, OptionalInt none) {
        List<String> all = new ArrayList<>(names);
        int proper = none.isPresent() ? outputs - 1 : outputs;
        if (labels == null) {
            IntStream.range(0, proper).mapToObj(Integer::toString).forEach(all::add);
        }
        if (all.size() < outputs) {
            all.add(Math.min(Math.max(none.orElse(0), 0), proper), BACKGROUND);
        }
        return all;
    }

    /** What --background says, or else what was published, where the classes are the published ones. */
    private OptionalInt background(Variant variant, int named) {
        if (background != null) {
            return OptionalInt.of(background);
        }
        boolean asPublished = (classes == null || classes == variant.classes())
                && (labels == null || named == variant.classes() || named == variant.classes() - 1);
        return asPublished ? variant.background() : OptionalInt.empty();
    }

    private static boolean hasCard(WeightFile content) {
        try {
            return !Card.fromMetadata(content.metadata()).labels().isEmpty();
        } catch (IOException e) { // it says nothing of itself, as others' files do not
            return false;
        }
    }

    // ---- what does not fit

    /** What to do about a file that does not fit; may be nothing. */
    private static String advice(Variant variant, int outputs, WeightFile content) {
        OptionalInt found = WeightMatch.of(network(variant, outputs), content).classes();
        if (found.isPresent() && found.getAsInt() != outputs && fits(network(variant, found.getAsInt()), content)) {
            return "; its head has " + found.getAsInt() + " classes: --num-classes " + found.getAsInt()
                    + " takes them, --new-head puts a fresh head in their place";
        }
        List<String> others = Zoo.all().stream()
                .filter(other -> !other.equals(variant) && fits(other, outputs, content))
                .map(Variant::name)
                .limit(3)
                .toList();
        return others.isEmpty() ? "" : "; it fits " + String.join(", ", others);
    }

    /** With as many classes as the file has. */
    private static boolean fits(Variant other, int outputs, WeightFile content) {
        OptionalInt found = WeightMatch.of(network(other, outputs), content).classes();
        return fits(network(other, found.orElse(outputs)), content);
    }

    private static boolean fits(Network network, WeightFile content) {
        WeightMatch match = WeightMatch.of(network, content);
        return match.missing().isEmpty()
                && match.misshapen().isEmpty()
                && match.conflicting().isEmpty();
    }

    private static Network network(Variant variant, int outputs) {
        return variant.network(variant.preprocessing().shape(), outputs);
    }

    // ---- what is told

    /** @param bytes of what was written; empty: nothing was */
    private void report(WeightFile content, Card card, WeightMatch match, OptionalLong bytes) {
        if (json) {
            console.result(Json.page(object(content, card, match, bytes)));
            return;
        }
        console.result(
                "%s: %d tensors of %s were read", content.source(), match.read().size(), card.model());
        list("counters are not in the file, and 0", match.zeroed());
        list("left fresh, to be trained", match.kept());
        list("skipped, not in " + card.model(), match.unexpected());
        list("missing", match.missing());
        list("of another shape", match.misshapen());
        if (bytes.isPresent()) {
            console.result(
                    "%s: %s, %d classes%s, %d pixels, %.1f MiB",
                    output,
                    card.model(),
                    card.labels().size(),
                    labels == null ? " named by their numbers (--labels names them)" : "",
                    card.preprocessing().inputSize(),
                    bytes.getAsLong() / (double) (1 << 20));
        }
    }

    private void list(String what, List<String> names) {
        if (!names.isEmpty()) {
            String examples =
                    names.stream().limit(NAMES_TOLD).map(Printable::of).collect(Collectors.joining(", "));
            console.result("  %d %s (%s%s)", names.size(), what, examples, names.size() > NAMES_TOLD ? ", ..." : "");
        }
    }

    private ObjectNode object(WeightFile content, Card card, WeightMatch match, OptionalLong bytes) {
        ObjectNode object = Json.object()
                .put("source", content.source())
                .put("file", bytes.isPresent() ? output.toString() : null)
                .put("model", card.model())
                .put("num_classes", card.labels().size())
                .put("read", match.read().size());
        match.zeroed().forEach(object.putArray("zeroed")::add);
        match.kept().forEach(object.putArray("fresh")::add);
        match.unexpected().forEach(object.putArray("skipped")::add);
        match.missing().forEach(object.putArray("missing")::add);
        match.misshapen().forEach(object.putArray("misshapen")::add);
        return object;
    }
}
