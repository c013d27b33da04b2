package dev.kinglet.measure;

import dev.kinglet.network.Network;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Latency of layers on one machine: {@code MACs x time per MAC + bytes x time per byte}, with rates of their own for each
 * kind of layer, plus a time per byte of DRAM traffic and a fixed overhead, which are the same for all kinds.
 *
 * @param channelBlock channel block size of the runtime's layout on this machine
 * @param rates by kind of layer
 * @param nanosPerDramByte for each byte from or to DRAM, in addition
 * @param overheadNanos fixed time of any layer
 */
record LatencyModel(int channelBlock, Map<LayerWork.Kind, Rates> rates, double nanosPerDramByte, double overheadNanos) {
    private static final int SWEEPS = 200_000; // about a second; the two rates of one kind are strongly correlated

    /** Nanoseconds per multiply-accumulate and per byte read or written. */
    record Rates(double nanosPerMac, double nanosPerByte) {}

    /** Measured latency of a network and the work of its layers. */
    record Measurement(List<LayerWork> work, double millis) {
        Measurement {
            work = List.copyOf(work);
            if (!(millis > 0) || work.isEmpty()) {
                throw new IllegalArgumentException("a measurement is of some work and above 0 ms, not of " + work.size()
                        + " layers and " + millis);
            }
        }
    }

    /** Parts of a layer's time, in milliseconds. */
    record Time(double compute, double memory, double overhead) {
        double total() {
            return compute + memory + overhead;
        }

        /** The largest part: {@code compute}, {@code memory} or {@code overhead}. */
        String bound() {
            if (overhead >= compute && overhead >= memory) {
                return "overhead";
            }
            return compute >= memory ? "compute" : "memory";
        }
    }

    LatencyModel {
        rates = Map.copyOf(rates);
    }

    /** One layer of a network and its predicted time. */
    record LayerTime(LayerWork work, Time time) {}

    /**
     * Predicted times of all layers that take time, in order.
     *
     * @throws IllegalArgumentException if layers of some kind were not measured
     */
    List<LayerTime> layers(Network network) {
        return LayerWork.of(network, channelBlock).stream()
                .map(work -> new LayerTime(work, of(work)))
                .toList();
    }

    /** @throws IllegalArgumentException if layers of this kind were not measured */
    Time of(LayerWork work) {
        Rates kindRates = rates.get(work.kind());
        if (kindRates == null) {
            throw new IllegalArgumentException(
                    "'" + work.layer().name() + "' is " + work.kind() + ", and no such layer was measured");
        }
        return new Time(
                work.effectiveMacs() * kindRates.nanosPerMac / 1e6,
                (work.bytes() * kindRates.nanosPerByte + work.dramBytes() * nanosPerDramByte) / 1e6,
                overheadNanos / 1e6);
    }

    /** Predicted latency of a network for one image, in milliseconds. */
    double millis(Network network) {
        return layers(network).stream()
                .mapToDouble(layer -> layer.time().total())
                .sum();
    }

    /**
     * The non-negative rates that minimize the sum of squared relative errors of the measurements, by coordinate descent.
     *
     * @param channelBlock that the work was counted with
     */
    static LatencyModel fit(int channelBlock, List<Measurement> measurements) {
        Set<LayerWork.Kind> measuredKinds = EnumSet.noneOf(LayerWork.Kind.class);
        measurements.forEach(m -> m.work().forEach(work -> measuredKinds.add(work.kind())));
        List<LayerWork.Kind> kinds = List.copyOf(measuredKinds);
        int dram = 2 * kinds.size();
        int overhead = dram + 1;
        double[][] rows = new double[measurements.size()][overhead + 1];
        for (int i = 0; i < rows.length; i++) {
            Measurement measured = measurements.get(i);
            double nanos = measured.millis() * 1e6; // so that an exact prediction is 1
            for (LayerWork work : measured.work()) {
                int kind = kinds.indexOf(work.kind());
                rows[i][2 * kind] += work.effectiveMacs() / nanos;
                rows[i][2 * kind + 1] += work.bytes() / nanos;
                rows[i][dram] += work.dramBytes() / nanos;
                rows[i][overhead] += 1 / nanos;
            }
        }
        double[] times = descend(rows);
        Map<LayerWork.Kind, Rates> rates = new EnumMap<>(LayerWork.Kind.class);
        for (int kind = 0; kind < kinds.size(); kind++) {
            rates.put(kinds.get(kind), new Rates(times[2 * kind], times[2 * kind + 1]));
        }
        return new LatencyModel(channelBlock, rates, times[dram], times[overhead]);
    }

    /** Non-negative least squares: the vector whose products with the rows are nearest to 1. */
    private static double[] descend(double[][] rows) {
        double[] x = new double[rows[0].length];
        double[] residual = new double[rows.length]; // 1 - product, by row
        Arrays.fill(residual, 1);
        double[] squares = new double[x.length];
        for (double[] row : rows) {
            for (int j = 0; j < x.length; j++) {
                squares[j] += row[j] * row[j];
            }
        }
        for (int sweep = 0; sweep < SWEEPS; sweep++) {
            for (int j = 0; j < x.length; j++) {
                if (squares[j] == 0) {
                    continue; // no layer of this kind does such work
                }
                double slope = 0;
                for (int i = 0; i < rows.length; i++) {
                    slope += rows[i][j] * residual[i];
                }
                double next = Math.max(0, x[j] + slope / squares[j]);
                for (int i = 0; i < rows.length; i++) {
                    residual[i] -= (next - x[j]) * rows[i][j];
                }
                x[j] = next;
            }
        }
        return x;
    }
}
