package dev.kinglet.zoo;

import dev.kinglet.network.Initialization;
import dev.kinglet.network.Network;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Shape;
import java.util.OptionalInt;

/**
 * One network of the zoo with what is known of it.
 *
 * @param name how it is asked for, {@code spgnet_s2p6}
 * @param preprocessing what its authors feed it
 * @param classes outputs of the published form
 * @param background output of the published form that stands for "none of these"
 */
public record Variant(
        String name,
        Definition definition,
        Initialization initialization,
        Preprocessing preprocessing,
        int classes,
        OptionalInt background,
        Published published) {

    /** A variant all of whose outputs are classes. */
    Variant(
            String name,
            Definition definition,
            Initialization initialization,
            Preprocessing preprocessing,
            int classes,
            Published published) {
        this(name, definition, initialization, preprocessing, classes, OptionalInt.empty(), published);
    }

    /** As published: the authors' image size and number of classes. */
    public Network network() {
        return network(preprocessing.shape(), classes);
    }

    /**
     * For any image and any number of classes.
     *
     * @throws IllegalArgumentException if the image is too small; the message names the layer it does not fit
     */
    public Network network(Shape image, int outputs) {
        return definition.network(image, outputs);
    }
}
