package dev.kinglet.network;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How long a machine takes for layers: {@code MACs x time a MAC + bytes x time a byte}, each by the kind of layer, a
 * time a byte for what comes from beyond the cache, and a fixed time a layer.
 *
 * @param lanes channels that the runtime keeps together on this machine
 * @param rates by kind
 * @param nanosPerFarByte of any kind of layer, besides
 * @param overheadNanos what any layer takes before it does anything
 */
public record LatencyModel(int lanes, Map<LayerWork.Kind, Rates> rates, double nanosPerFarByte, double overheadNanos) {
    private static final int SWEEPS = 200_000; // about a second; rates of one kind of layer are hard to tell apart

    /** Nanoseconds for a multiply-accumulate, and for a byte read or written. */
    public record Rates(double nanosPerMac, double nanosPerByte) {}

    /** What was measured of something that does all this work, one after the other. */
    public record Measurement(List<LayerWork> work, double millis) {
        public Measurement {
            work = List.copyOf(work);
            if (!(millis > 0) || work.isEmpty()) {
                throw new IllegalArgumentException("a measurement is of some work and above 0 ms, not of " + work.size()
                        + " layers and " + millis);
            }
        }
    }

    /** Parts of a layer's time, in milliseconds. */
    public record Time(double compute, double memory, double overhead) {
        public double total() {
            return compute + memory + overhead;
        }

        /** The largest part. */
        public String bound() {
            if (overhead >= compute && overhead >= memory) {
                return "overhead";
            }
            return compute >= memory ? "compute" : "memory";
        }
    }

    public LatencyModel {
        rates = Map.copyOf(rates);
    }

    /** @throws IllegalArgumentException if layers of this kind were not measured */
    public Time of(LayerWork work) {
        Rates own = rates.get(work.kind());
        if (own == null) {
            throw new IllegalArgumentException(
                    "'" + work.layer().name() + "' is " + work.kind() + ", and no such layer was measured");
        }
        return new Time(
                work.effectiveMacs() * own.nanosPerMac / 1e6,
                (work.bytes() * own.nanosPerByte + work.farBytes() * nanosPerFarByte) / 1e6,
                overheadNanos / 1e6);
    }

    /** Milliseconds of a whole network for one image. */
    public double millis(Network network) {
        return LayerWork.of(network, lanes).stream()
                .mapToDouble(work -> of(work).total())
                .sum();
    }

    /**
     * The times that explain measurements best: none below zero, and the sum of squared relative errors smallest. Found by
     * going down one coordinate after the other.
     *
     * @param lanes with which the work was counted
     */
    public static LatencyModel fit(int lanes, List<Measurement> measurements) {
        Set<LayerWork.Kind> found = EnumSet.noneOf(LayerWork.Kind.class);
        measurements.forEach(m -> m.work().forEach(work -> found.add(work.kind())));
        List<LayerWork.Kind> kinds = List.copyOf(found);
        int far = 2 * kinds.size();
        int overhead = far + 1;
        double[][] rows = new double[measurements.size()][overhead + 1];
        for (int i = 0; i < rows.length; i++) {
            Measurement measured = measurements.get(i);
            double nanos = measured.millis() * 1e6; // so that a right prediction is 1
            for (LayerWork work : measured.work()) {
                int kind = kinds.indexOf(work.kind());
                rows[i][2 * kind] += work.effectiveMacs() / nanos;
                rows[i][2 * kind + 1] += work.bytes() / nanos;
                rows[i][far] += work.farBytes() / nanos;
                rows[i][overhead] += 1 / nanos;
            }
        }
        double[] times = descend(rows);
        Map<LayerWork.Kind, Rates> rates = new EnumMap<>(LayerWork.Kind.class);
        for (int kind = 0; kind < kinds.size(); kind++) {
            rates.put(kinds.get(kind), new Rates(times[2 * kind], times[2 * kind + 1]));
        }
        return new LatencyModel(lanes, rates, times[far], times[overhead]);
    }

    /** The vector without negatives whose products with the rows are nearest to 1. */
    private static double[] descend(double[][] rows) {
        double[] x = new double[rows[0].length];
        double[] missing = new double[rows.length]; // 1 - product, by row
        Arrays.fill(missing, 1);
        double[] squares = new double[x.length];
        for (double[] row : rows) {
            for (int j = 0; j < x.length; j++) {
                squares[j] += row[j] * row[j];
            }
        }
        for (int sweep = 0; sweep < SWEEPS; sweep++) {
            for (int j = 0; j < x.length; j++) {
                if (squares[j] == 0) {
                    continue; // no layer of this kind has any
                }
                double slope = 0;
                for (int i = 0; i < rows.length; i++) {
                    slope += rows[i][j] * missing[i];
                }
                double next = Math.max(0, x[j] + slope / squares[j]);
                for (int i = 0; i < rows.length; i++) {
                    missing[i] -= (next - x[j]) * rows[i][j];
                }
                x[j] = next;
            }
        }
        return x;
    }
}
