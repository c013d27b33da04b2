package dev.kinglet.cli;

import dev.kinglet.network.Model;
import dev.kinglet.network.Network;
import dev.kinglet.network.Shape;
import dev.kinglet.toolkit.Untrained;
import dev.kinglet.zoo.Variant;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options for the size of a network of the zoo. */
final class NetworkSize {
    @Option(names = "--img-size", paramLabel = "PIXELS", description = "Input resolution (default: as published).")
    private @Nullable Integer imageSize;

    @Option(names = "--num-classes", paramLabel = "N", description = "Outputs (default: as published).")
    private @Nullable Integer classes;

    /** Whether one of the options is given. */
    boolean isGiven() {
        return imageSize != null || classes != null;
    }

    /** The network of this name and size, with random weights. */
    Model untrained(String name) {
        return Untrained.model(name, imageSize, classes);
    }

    /** The network of this size, without weights. */
    Network network(Variant variant) {
        return variant.network(
                Shape.image(imageSize == null ? variant.preprocessing().inputSize() : imageSize),
                classes == null ? variant.classes() : classes);
    }
}
