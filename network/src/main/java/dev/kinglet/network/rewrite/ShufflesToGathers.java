package dev.kinglet.network.rewrite;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Op;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Makes of each shuffle a selection: one operation that copies channels, instead of two reshapes and a transposition. */
public final class ShufflesToGathers implements Rewrite {
    /** The rewrite; it has no settings. */
    public ShufflesToGathers() {}

    @Override
    public String name() {
        return "shuffles-to-selections";
    }

    @Override
    public Model apply(Model model) {
        if (model.network().layers().stream().noneMatch(layer -> layer.op() instanceof Op.Shuffle)) {
            return model;
        }
        Edit edit = new Edit(model);
        for (Layer layer : model.network().layers()) {
            if (layer.op() instanceof Op.Shuffle shuffle) {
                int channels = layer.shape().channels();
                long[] sources =
                        Arrays.stream(shuffle.sources(channels)).asLongStream().toArray();
                NdArray index = new NdArray.Longs(List.of(channels), sources);
                edit.replace(layer, new Op.ChannelGather(channels, channels), Map.of(Op.ChannelGather.INDEX, index));
            } else {
                edit.keep(layer);
            }
        }
        return edit.model();
    }
}
