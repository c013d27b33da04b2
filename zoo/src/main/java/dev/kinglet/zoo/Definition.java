package dev.kinglet.zoo;

import dev.kinglet.network.Network;
import dev.kinglet.network.Shape;

/** Description of a network for images of any size and any number of classes. */
public interface Definition {
    /**
     * The network for images of one shape.
     *
     * @param image {@code [channels, height, width]}
     * @param classes number of outputs
     * @throws IllegalArgumentException if the image is too small; the message names the layer it does not fit
     */
    Network network(Shape image, int classes);
}
