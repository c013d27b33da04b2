package dev.kinglet.weights;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Network;
import dev.kinglet.network.Scope;
import dev.kinglet.network.Shape;
import dev.kinglet.network.Window;

/** A network with every kind of tensor: {@code conv.weight}, {@code norm.*}, {@code fc.weight} and {@code fc.bias}. */
final class SmallNetwork {
    private SmallNetwork() {}

    static Network of(int classes) {
        Scope s = Scope.root();
        Layer x = s.conv("conv", s.input(Shape.image(8)), 4, Window.of(3));
        x = s.relu(s.batchNorm("norm", x));
        s.linear("fc", s.globalAverage("pool", x), classes, true);
        return s.build("small");
    }
}
