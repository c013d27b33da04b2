package dev.kinglet.network.rewrite;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Op;
import dev.kinglet.network.Window;
import java.util.Map;

/**
 * Turns linear layers that read one value per channel into pointwise convolutions. Those of squeeze and excitation then
 * need no reshaping before and after, and runtimes are faster at such a convolution of a single image than at the matrix
 * multiplication; for large batches there is no difference.
 */
final class LinearsToConvolutions implements LayerwiseRewrite {
    @Override
    public String name() {
        return Rewrites.LINEARS_TO_CONVOLUTIONS;
    }

    @Override
    public void plan(Model model, Changes changes) {
        for (Layer layer : model.network().layers()) {
            if (layer.op() instanceof Op.Linear linear && layer.input().shape().channels() == linear.in()) {
                Op.Conv conv = new Op.Conv(linear.in(), linear.out(), Window.of(1), 1, linear.bias());
                float[] weight = model.tensors().floats(layer.nameOf("weight"));
                changes.replace(
                        layer,
                        conv,
                        Map.of("weight", new NdArray.Floats(conv.weight().dims(), weight)));
            }
        }
    }
}
