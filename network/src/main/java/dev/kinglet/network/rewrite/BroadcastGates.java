package dev.kinglet.network.rewrite;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.Op;
import java.util.Map;

/**
 * Broadcasts the factors of a squeeze-and-excitation gate to the height and width of the image before it is scaled by
 * them: a runtime with a blocked channel layout multiplies two images in that layout, but reorders an image to scale its
 * channels.
 */
final class BroadcastGates implements LayerwiseRewrite {
    @Override
    public String name() {
        return Rewrites.BROADCAST_GATES;
    }

    @Override
    public void plan(Model model, Changes changes) {
        for (Layer layer : model.network().layers()) {
            boolean overAnImage = layer.shape().elements() > layer.shape().channels();
            if (layer.op() instanceof Op.Scale scale && !scale.broadcast() && overAnImage) {
                changes.replace(layer, new Op.Scale(true), Map.of());
            }
        }
    }
}
