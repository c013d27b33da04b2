package dev.kinglet.toolkit.hub;

import dev.kinglet.network.Preprocessing;
import dev.kinglet.zoo.Variant;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A file of pretrained weights on this machine, and what is said of it where it comes from.
 *
 * @param source where it comes from, so that it cannot be another file later: {@code hf:owner/name@commit}, an address
 *     with its digest, or a path
 * @param file of any format that is read; or a run's folder
 * @param variant the network it is of; empty: not said
 * @param preprocessing of the images it was trained with; empty: not said
 * @param classes outputs of its head; empty: not said
 * @param labels class names by output; empty: not said
 * @param remarks on what is said and cannot be followed, one sentence each
 */
public record PretrainedWeights(
        String source,
        Path file,
        Optional<Variant> variant,
        Optional<Preprocessing> preprocessing,
        OptionalInt classes,
        List<String> labels,
        List<String> remarks) {
    public PretrainedWeights {
        labels = List.copyOf(labels);
        remarks = List.copyOf(remarks);
    }

    /** A file of which nothing is said. */
    static PretrainedWeights of(String source, Path file) {
        return new PretrainedWeights(
                source, file, Optional.empty(), Optional.empty(), OptionalInt.empty(), List.of(), List.of());
    }

    PretrainedWeights of(Variant network) {
        return new PretrainedWeights(source, file, Optional.of(network), preprocessing, classes, labels, remarks);
    }

    /**
     * The network, if another may be meant.
     *
     * @param model name of the network that is asked for; empty: the one it is of
     * @throws IllegalArgumentException if it is of another network, or neither says which
     */
    public String model(Optional<String> model) {
        if (model.isEmpty()) {
            return variant.map(Variant::name)
                    .orElseThrow(() -> new IllegalArgumentException("--model is missing: " + source
                            + " does not say which network its weights are of; kinglet models lists the names"));
        }
        if (variant.isPresent() && !variant.get().name().equals(model.get())) {
            throw new IllegalArgumentException("model is " + model.get() + ", but the weights of " + source + " are of "
                    + variant.get().name() + "; leave out --model");
        }
        return model.get();
    }
}
