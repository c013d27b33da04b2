package dev.kinglet.torch;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Network;
import dev.kinglet.network.ResidualConnection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Stochastic depth (Huang et al., 2016): while a network is trained, the branch of a residual connection is left out for
 * some images, and scaled for the others. The probability grows linearly from 0 at the first connection to the given one at
 * the last.
 */
final class StochasticDepth {
    private final Map<Layer, Connection> connections = new LinkedHashMap<>();

    /**
     * A residual connection.
     *
     * @param branch which of the two inputs may be left out
     */
    private record Connection(int branch, double probability) {}

    /** @throws IllegalArgumentException if the network has no residual connections */
    StochasticDepth(Network network, double probability) {
        List<ResidualConnection> residual = ResidualConnection.of(network);
        if (residual.isEmpty()) {
            throw new IllegalArgumentException(
                    "drop_path leaves out branches of residual connections, and " + network.name() + " has none");
        }
        for (int k = 0; k < residual.size(); k++) {
            double depth = residual.size() == 1 ? 1 : k / (residual.size() - 1.0);
            ResidualConnection connection = residual.get(k);
            connections.put(connection.addition(), new Connection(connection.branch(), probability * depth));
        }
    }

    /** The probability of each connection's branch to be left out, in order. */
    List<Double> probabilities() {
        return connections.values().stream().map(Connection::probability).toList();
    }

    /** The sum of a connection's inputs, in the innermost scope. */
    Tensor sum(Layer addition, List<Tensor> inputs) {
        Connection connection = connections.get(addition);
        if (connection == null || connection.probability == 0) {
            return inputs.get(0).add(inputs.get(1));
        }
        Tensor branch = inputs.get(connection.branch);
        double kept = 1 - connection.probability;
        Tensor mask = torch.empty(new long[] {branch.size(0), 1, 1, 1}).bernoulli_(kept, new GeneratorOptional());
        return inputs.get(1 - connection.branch)
                .add(branch.mul(mask.div_(new Scalar(kept)).to(branch.scalar_type())));
    }
}
