package dev.kinglet.zoo;

import dev.kinglet.network.Initialization;
import dev.kinglet.network.Network;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Shape;
import java.util.OptionalInt;

/**
 * A network of the zoo and the facts published of it.
 *
 * @param name by which {@link Zoo#get} finds it, {@code spgnet_s2p6}
 * @param definition of its layers
 * @param initialization of its weights before training
 * @param preprocessing of images in the authors' code
 * @param classes number of outputs of the published network
 * @param background output of the published network that stands for "none of these"; empty if there is none
 * @param published figures and source
 */
public record Variant(
        String name,
        Definition definition,
        Initialization initialization,
        Preprocessing preprocessing,
        int classes,
        OptionalInt background,
        Published published) {

    /** A variant without a background output. */
    Variant(
            String name,
            Definition definition,
            Initialization initialization,
            Preprocessing preprocessing,
            int classes,
            Published published) {
        this(name, definition, initialization, preprocessing, classes, OptionalInt.empty(), published);
    }

    /** The network as published, with the authors' image size and number of classes. */
    public Network network() {
        return network(preprocessing.shape(), classes);
    }

    /**
     * The network for any image size and number of classes.
     *
     * @param image {@code [channels, height, width]}
     *
     * @throws IllegalArgumentException if the image is too small; the message names the layer it does not fit
     */
    public Network network(Shape image, int outputs) {
        return definition.network(image, outputs);
    }
}
