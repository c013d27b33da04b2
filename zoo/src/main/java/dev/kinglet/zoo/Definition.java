package dev.kinglet.zoo;

import dev.kinglet.network.Network;
import dev.kinglet.network.Shape;

/** A network's description, for any image and any number of classes. */
public interface Definition {
    /**
     * The network for images of one shape.
     *
     * @throws IllegalArgumentException if the image is too small; the message names the layer it does not fit
     */
    Network network(Shape image, int classes);
}
