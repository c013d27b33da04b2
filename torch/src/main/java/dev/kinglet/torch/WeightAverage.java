package dev.kinglet.torch;

import dev.kinglet.network.NdArray;
import dev.kinglet.network.Parameter;
import dev.kinglet.network.StateEntry;
import dev.kinglet.network.Tensors;
import dev.kinglet.train.options.OptimizerSettings.Ema;
import dev.kinglet.train.options.OptimizerSettings.Lookahead;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * The exponential moving average of a network that is trained: another network of the same form, whose trained tensors and
 * running statistics follow the first one's. Masks, positions and counters are the first one's, so that a pruned network's
 * average is pruned too.
 */
final class WeightAverage implements AutoCloseable {
    private static final double WARM_UP_POWER = -2.0 / 3; // timm's

    private final TorchNetwork source;
    private final TorchNetwork average;
    private final FlatParameters sourceParameters;
    private final FlatParameters averageParameters;
    private final List<StateEntry> others = new ArrayList<>(); // running statistics, and weights that are not trained
    private final Ema settings;
    private int estimated; // batches, since the last step

    /** @param parameters the trained tensors of the source */
    WeightAverage(TorchNetwork source, FlatParameters parameters, Ema settings) {
        this.source = source;
        this.sourceParameters = parameters;
        this.settings = settings;
        average = new TorchNetwork(source.network(), source.state());
        List<StateEntry> trained =
                parameters.slices().stream().map(FlatParameters.Slice::entry).toList();
        averageParameters = new FlatParameters(average, trained);
        for (StateEntry entry : source.network().state()) {
            if (!trained.contains(entry)) {
                others.add(entry);
            }
        }
    }

    /** The network with the averaged weights. */
    TorchNetwork network() {
        return average;
    }

    /**
     * The weight of the average so far, in an update.
     *
     * @param step steps that were made, from 1; the first is copied, but with Lookahead
     * @param progress fraction of the training that is done, 1 with the last step
     */
    static double decay(Ema settings, long step, double progress) {
        double decay = settings.warmUp()
                ? Math.min(settings.decay(), 1 - Math.pow((double) step, WARM_UP_POWER)) // 1 + (step - 1)
                : settings.decay();
        return settings.lookahead()
                .map(lookahead -> decay * Math.pow(progress, lookahead.ramp()))
                .orElse(step <= 1 ? 0 : decay);
    }

    /**
     * Moves the average towards the source, after so many of its steps; with Lookahead every few steps and after the last one,
     * and the source goes on from there.
     *
     * @param progress fraction of the training that is done, 1 with the last step
     */
    void update(long step, double progress) {
        estimated = 0;
        int every = settings.lookahead().map(Lookahead::steps).orElse(1);
        if (step % every != 0 && progress < 1) {
            return;
        }
        move(1 - decay(settings, step, progress));
        if (settings.lookahead().isPresent()) {
            giveBack();
        }
    }

    private void move(double fraction) {
        Scalar weight = new Scalar(fraction);
        try (PointerScope scope = new PointerScope();
                NoGradGuard noGradients = new NoGradGuard()) {
            averageParameters.values().lerp_(sourceParameters.values(), weight);
            for (StateEntry entry : others) {
                Tensor mean = average.tensors().get(entry.name());
                if (mean == null) {
                    average.load(entry, source.value(entry));
                } else if (entry.parameter().role() == Parameter.Role.BUFFER && isStatistic(entry)) {
                    mean.lerp_(source.tensor(entry.name()), weight);
                } else {
                    mean.copy_(source.tensor(entry.name()));
                }
            }
        } finally {
            weight.close();
        }
    }

    /** Makes the source's trained tensors and running statistics the average's. */
    private void giveBack() {
        try (PointerScope scope = new PointerScope();
                NoGradGuard noGradients = new NoGradGuard()) {
            sourceParameters.values().copy_(averageParameters.values());
            for (StateEntry entry : others) {
                if (isStatistic(entry)) {
                    source.tensor(entry.name()).copy_(average.tensor(entry.name()));
                }
            }
        }
    }

    /** Whether an entry is a running mean or variance. */
    static boolean isStatistic(StateEntry entry) {
        return entry.parameter().name().startsWith("running_");
    }

    /** Makes the running statistics the mean of those of the batches since the last step, this one included. */
    void estimate(Tensor images) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard noGradients = new NoGradGuard()) {
            estimated++;
            average.forward(images, TorchNetwork.Mode.ESTIMATION, OptionalDouble.of(1.0 / estimated))
                    .close();
        }
    }

    /** A copy of the whole state, row-major. */
    Tensors state() {
        return average.state();
    }

    /** Copies what {@link #state} gave over the average's own; {@code prefix} is before its names. */
    void load(Tensors saved, String prefix) {
        Map<String, NdArray> own = new LinkedHashMap<>();
        for (StateEntry entry : average.network().state()) {
            own.put(entry.name(), saved.get(prefix + entry.name()));
        }
        average.load(new Tensors(own));
    }

    @Override
    public void close() {
        average.close();
        averageParameters.close();
    }
}
