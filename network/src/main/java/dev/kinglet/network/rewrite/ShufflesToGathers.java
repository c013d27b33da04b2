package dev.kinglet.network.rewrite;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Op;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Turns each shuffle into a channel gather: one operation that copies channels, not two reshapes and a transposition. */
final class ShufflesToGathers implements LayerwiseRewrite {
    @Override
    public String name() {
        return Rewrites.SHUFFLES_TO_GATHERS;
    }

    @Override
    public void plan(Model model, Changes changes) {
        for (Layer layer : model.network().layers()) {
            if (layer.op() instanceof Op.Shuffle shuffle) {
                int channels = layer.shape().channels();
                long[] sources =
                        Arrays.stream(shuffle.sources(channels)).asLongStream().toArray();
                NdArray index = new NdArray.Longs(List.of(channels), sources);
                changes.replace(layer, new Op.ChannelGather(channels, channels), Map.of(Op.ChannelGather.INDEX, index));
            }
        }
    }
}
