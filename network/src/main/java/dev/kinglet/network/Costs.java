package dev.kinglet.network;

import java.util.List;

/**
 * Costs of one image, counted as in the papers.
 *
 * @param parameters trained elements; running statistics do not count
 * @param macs multiply-accumulates of convolutions and linear layers
 * @param cio convolutional input/output (Chao et al., 2019, section 3): elements read and written by convolutions,
 *     {@code sum of C_in H_in W_in + C_out H_out W_out}, a measure of memory traffic. Linear layers do not count.
 */
public record Costs(long parameters, long macs, long cio) {
    /** Costs of a whole network. */
    public static Costs of(Network network) {
        return network.layers().stream().map(Costs::of).reduce(new Costs(0, 0, 0), Costs::plus);
    }

    /** Costs of one layer. */
    public static Costs of(Layer layer) {
        List<Shape> in = layer.inputShapes();
        long parameters = layer.op().parameters().stream()
                .filter(Parameter::trained)
                .mapToLong(Parameter::elements)
                .sum();
        boolean convolves = layer.op() instanceof Op.Conv || layer.op() instanceof Op.LearnedGroupConv;
        long cio = convolves ? in.get(0).elements() + layer.shape().elements() : 0;
        return new Costs(parameters, layer.op().macs(in), cio);
    }

    private Costs plus(Costs other) {
        return new Costs(
                Math.addExact(parameters, other.parameters),
                Math.addExact(macs, other.macs),
                Math.addExact(cio, other.cio));
    }
}
