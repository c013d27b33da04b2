package dev.kinglet.toolkit;

import dev.kinglet.base.FileNames;
import dev.kinglet.base.KingletVersion;
import dev.kinglet.network.Card;
import dev.kinglet.network.Model;
import dev.kinglet.network.Network;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Tensors;
import dev.kinglet.toolkit.hub.PretrainedWeights;
import dev.kinglet.weights.ModelFile;
import dev.kinglet.weights.WeightFile;
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
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * The import of weights that others published: a file of PyTorch or Paddle becomes a {@code .safetensors} file with a card.
 * Nothing in the file is run.
 *
 * <pre>{@code
 * ImportReport report = WeightImport.of("peleenet", Path.of("peleenet_acc7208.pth.tar"))
 *         .labels(names)
 *         .write(Path.of("peleenet.safetensors"));
 * }</pre>
 */
public final class WeightImport {
    private static final String SUFFIX = ".safetensors";
    private static final String BACKGROUND = "background";

    private final Variant variant;
    private final Path file;
    private Preprocessing preprocessing;
    private Optional<List<String>> names = Optional.empty();
    private OptionalInt classes = OptionalInt.empty();
    private OptionalInt background = OptionalInt.empty();
    private Optional<String> stateDict = Optional.empty();
    private boolean newHead;
    private BooleanSupplier stop = () -> false;

    private WeightImport(Variant variant, Path file) {
        this.variant = variant;
        this.file = file;
        this.preprocessing = variant.preprocessing();
    }

    /**
     * The import of a file.
     *
     * @param model name of a network of the zoo
     * @param file its weights
     * @throws IllegalArgumentException if the zoo has no such network
     */
    public static WeightImport of(String model, Path file) {
        return new WeightImport(Zoo.get(model), file);
    }

    /**
     * The import of fetched weights, with the preprocessing, the number and the names of classes that are said of them.
     *
     * @param model name of a network of the zoo; empty: the one that the weights are of
     * @throws IllegalArgumentException if the weights are of another network, or neither says which
     */
    public static WeightImport of(PretrainedWeights weights, Optional<String> model) {
        WeightImport imported = of(weights.model(model), weights.file());
        weights.preprocessing().ifPresent(imported::preprocessing);
        weights.classes().ifPresent(imported::classes);
        return weights.labels().isEmpty() ? imported : imported.labels(weights.labels());
    }

    /**
     * Names the classes, in the order of the outputs; a background class may be left out. Without this, 1000 classes, and
     * 1001 with the background, have the names of ImageNet's, and others their numbers.
     */
    public WeightImport labels(List<String> ofClasses) {
        names = Optional.of(List.copyOf(ofClasses));
        return this;
    }

    /** The number of outputs, where it is neither the published one nor that of the labels. */
    public WeightImport classes(int outputs) {
        if (outputs < 1) {
            throw new IllegalArgumentException("--num-classes is at least 1, not " + outputs);
        }
        classes = OptionalInt.of(outputs);
        return this;
    }

    /** The output that stands for no class; by default the published one. */
    public WeightImport background(int index) {
        background = OptionalInt.of(index);
        return this;
    }

    /** The dictionary of a checkpoint to read, where it has several. */
    public WeightImport stateDict(String name) {
        stateDict = Optional.of(name);
        return this;
    }

    /** A randomly initialized head in the place of one with other classes, or of none; it has to be trained. */
    public WeightImport newHead() {
        newHead = true;
        return this;
    }

    /** A condition that ends the import, with a {@link java.util.concurrent.CancellationException}, before anything is written. */
    public WeightImport stop(BooleanSupplier condition) {
        stop = condition;
        return this;
    }

    /** The preprocessing that the weights were trained with, where it is not the published one. */
    public WeightImport preprocessing(Preprocessing trainedWith) {
        preprocessing = trainedWith;
        return this;
    }

    /** The preprocessing that the weights get. */
    public Preprocessing preprocessing() {
        return preprocessing;
    }

    /**
     * Reads the file, matches its tensors with the network's by name and shape, and writes them.
     *
     * @param output a {@code .safetensors} file; replaced if it is there
     * @throws IllegalArgumentException if the classes contradict each other, the output has another ending, or the file is
     *     one of Kinglet already
     * @throws ImportException if the file does not fit the network; nothing is written
     * @throws IOException if the file cannot be read or the output not be written
     */
    public ImportReport write(Path output) throws IOException {
        requireOutput(output);
        Card card = card();
        Network network =
                variant.network(card.preprocessing().shape(), card.labels().size());
        WeightFile content = stateDict.isPresent() ? WeightFile.readPart(file, stateDict.get()) : WeightFile.read(file);
        Stop.check(stop);
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
            throw new ImportException(
                    e.getMessage() + advice(network.classes(), content),
                    ImportReport.of(content.source(), card, match, OptionalLong.empty()),
                    e);
        }
        Stop.check(stop);
        ModelFile.write(output, new Model(network, tensors, card));
        return ImportReport.of(content.source(), card, match, OptionalLong.of(Files.size(output)));
    }

    private void requireOutput(Path output) throws IOException {
        if (!FileNames.hasEnding(output, SUFFIX)) {
            throw new IllegalArgumentException(
                    "--output is the name of a file that ends in " + SUFFIX + ", not " + output);
        }
        if (Files.exists(file) && Files.exists(output) && Files.isSameFile(file, output)) {
            throw new IllegalArgumentException("--output is " + file + " itself; name another file");
        }
    }

    private String advice(int outputs, WeightFile content) {
        OptionalInt found = WeightAdvice.otherClasses(variant, outputs, content);
        return found.isPresent()
                ? "; its head has " + found.getAsInt() + " classes: --num-classes " + found.getAsInt()
                        + " takes them, --new-head puts a randomly initialized head in their place"
                : WeightAdvice.otherNetworks(variant.name(), outputs, content);
    }

    // ---- the card

    private Card card() {
        OptionalInt none = backgroundIndex();
        int outputs = outputs(none);
        return new Card(variant.name(), labels(outputs, none), preprocessing, none, Map.of())
                .with(Card.VERSION, KingletVersion.current());
    }

    /** As many as was said or as published, or else one for each name. */
    private int outputs(OptionalInt none) {
        int outputs = classes.orElse(variant.classes());
        if (names.isEmpty()) {
            return outputs;
        }
        int named = names.get().size();
        if (named == outputs || (named == outputs - 1 && none.isPresent())) {
            return outputs;
        }
        if (classes.isPresent()) {
            throw new IllegalArgumentException(
                    "--num-classes is " + outputs + ", but --labels names " + named + " classes");
        }
        return named;
    }

    /**
     * The names with the background's own among them, if it has none; or those of ImageNet, where there are as many classes;
     * or numbers. Neither counts the background.
     */
    private List<String> labels(int outputs, OptionalInt none) {
        int proper = none.isPresent() ? outputs - 1 : outputs;
        List<String> all = new ArrayList<>(names.orElseGet(() -> proper == ImageNet.CLASSES
                ? ImageNet.names()
                : IntStream.range(0, proper).mapToObj(Integer::toString).toList()));
        if (all.size() < outputs) {
            all.add(Math.min(Math.max(none.orElse(0), 0), proper), BACKGROUND);
        }
        return all;
    }

    /**
     * What was said, or else what was published, where the classes are the published ones. Of 1001 classes without names the
     * first is it, as in TensorFlow's releases.
     */
    private OptionalInt backgroundIndex() {
        if (background.isPresent()) {
            return background;
        }
        int published = variant.classes();
        if (names.isEmpty() && classes.orElse(published) == 1 + ImageNet.CLASSES) {
            return OptionalInt.of(0);
        }
        int named = names.map(List::size).orElse(published);
        boolean asPublished = classes.orElse(published) == published && (named == published || named == published - 1);
        return asPublished ? variant.background() : OptionalInt.empty();
    }

    private static boolean hasCard(WeightFile content) {
        try {
            return !Card.fromMetadata(content.metadata()).labels().isEmpty();
        } catch (IOException e) { // it says nothing of itself, as others' files do not
            return false;
        }
    }
}
