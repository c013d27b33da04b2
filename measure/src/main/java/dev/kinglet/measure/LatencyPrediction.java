package dev.kinglet.measure;

import dev.kinglet.infer.Exporter;
import dev.kinglet.infer.TimedSession;
import dev.kinglet.network.Costs;
import dev.kinglet.network.Model;
import dev.kinglet.network.Shape;
import dev.kinglet.toolkit.Machine;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.TreeMap;

/**
 * Predicted latency of a network as it is exported, layer by layer, for one image on one thread of this machine.
 *
 * @param machine such as {@link Machine#describe}
 * @param runtime such as {@code ONNX Runtime 1.28.0}
 * @param millis sum of the layers
 * @param measuredMillis latency that was measured; empty if it was not
 * @param overheadMicros fixed time of any layer
 * @param nanosPerDramByte time of each byte from or to DRAM, beyond the rates
 * @param rates by kind of layer
 * @param layers those that take time, in order
 */
public record LatencyPrediction(
        String machine,
        String runtime,
        double millis,
        OptionalDouble measuredMillis,
        double overheadMicros,
        double nanosPerDramByte,
        List<Rate> rates,
        List<Layer> layers) {
    /** Time per multiply-accumulate and per byte of one kind of layer; 0 where it does not show in the time. */
    public record Rate(String kind, double nanosPerMac, double nanosPerByte) {}

    /**
     * One layer.
     *
     * @param kind of the layers that run at the same rates, such as {@code narrow_grouped}
     * @param bytes read and written, weights included
     * @param computeMillis time of the arithmetic; it, the time of memory traffic and the overhead add up
     * @param bound the largest part: {@code compute}, {@code memory} or {@code overhead}
     */
    public record Layer(
            String name,
            String kind,
            Shape output,
            long macs,
            long bytes,
            double computeMillis,
            double memoryMillis,
            double overheadMillis,
            String bound) {
        /** All its time. */
        public double millis() {
            return computeMillis + memoryMillis + overheadMillis;
        }

        private static Layer of(LatencyModel.LayerTime predicted) {
            LayerWork work = predicted.work();
            LatencyModel.Time time = predicted.time();
            return new Layer(
                    work.layer().name(),
                    key(work.kind()),
                    work.layer().shape(),
                    Costs.of(work.layer()).macs(),
                    work.bytes(),
                    time.compute(),
                    time.memory(),
                    time.overhead(),
                    time.bound());
        }
    }

    /**
     * Measures typical layers on this machine, for some seconds, and predicts from them.
     *
     * @param source a network that is not exported yet
     * @param measured whether the network itself is measured, too
     * @param stop called between two pieces of native work; an exception from it ends the measurement
     */
    public static LatencyPrediction of(Model source, boolean measured, Runnable stop) throws IOException {
        Model exported = Exporter.rewritten(source);
        LatencyModel latency = LatencyCalibration.run(stop);
        return new LatencyPrediction(
                Machine.describe(),
                TimedSession.runtime(),
                latency.millis(exported.network()),
                measured ? OptionalDouble.of(LatencyCalibration.millis(exported)) : OptionalDouble.empty(),
                latency.overheadNanos() / 1e3,
                latency.nanosPerDramByte(),
                new TreeMap<>(latency.rates())
                        .entrySet().stream()
                                .map(rate -> new Rate(
                                        key(rate.getKey()),
                                        rate.getValue().nanosPerMac(),
                                        rate.getValue().nanosPerByte()))
                                .toList(),
                latency.layers(exported.network()).stream().map(Layer::of).toList());
    }

    private static String key(LayerWork.Kind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }
}
