package dev.kinglet.measure;

import dev.kinglet.network.Costs;
import dev.kinglet.network.Layer;
import dev.kinglet.network.Network;
import dev.kinglet.onnx.GraphCosts;
import dev.kinglet.onnx.OnnxFile;
import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;

/** Costs of a network by layer, or of an exported graph by node. */
public record CostTable(List<Row> rows) {
    /**
     * One layer or node.
     *
     * @param result name that later rows have among their inputs
     * @param cio convolutional input/output; empty if it is not known
     */
    public record Row(
            String result,
            String name,
            String op,
            List<String> inputs,
            List<Long> shape,
            long parameters,
            long macs,
            OptionalLong cio) {
        private static Row of(Layer layer) {
            Costs costs = Costs.of(layer);
            return new Row(
                    layer.name(),
                    layer.name(),
                    layer.op().getClass().getSimpleName(),
                    layer.inputs().stream().map(Layer::name).toList(),
                    List.of(
                            (long) layer.shape().channels(),
                            (long) layer.shape().height(),
                            (long) layer.shape().width()),
                    costs.parameters(),
                    costs.macs(),
                    OptionalLong.of(costs.cio()));
        }
    }

    /** The layers of a network. */
    public static CostTable of(Network network) {
        return new CostTable(network.layers().stream().map(Row::of).toList());
    }

    /** The nodes of an exported graph. */
    public static CostTable of(OnnxFile file) throws IOException {
        return new CostTable(GraphCosts.nodes(file).stream()
                .map(node -> new Row(
                        node.output(),
                        node.name(),
                        node.op(),
                        node.inputs(),
                        node.shape(),
                        node.parameters(),
                        node.macs(),
                        OptionalLong.empty()))
                .toList());
    }

    /** Of all rows. */
    public long parameters() {
        return rows.stream().mapToLong(Row::parameters).sum();
    }

    /** Of all rows. */
    public long macs() {
        return rows.stream().mapToLong(Row::macs).sum();
    }
}
