package dev.kinglet.measure;

import dev.kinglet.infer.Processor;
import dev.kinglet.infer.TimedSession;
import dev.kinglet.network.Card;
import dev.kinglet.network.Initialization;
import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Scope;
import dev.kinglet.network.Window;
import dev.kinglet.onnx.OnnxFile;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Calibration of a {@link LatencyModel} on this machine: small networks of one kind of layer each, run by ONNX Runtime on
 * one thread. Takes a few seconds.
 */
final class LatencyCalibration {
    private static final int REPEATED = 6; // layers of the kind in a network
    private static final int WARM_UP = 3; // calls
    private static final int MIN_CALLS = 5;
    private static final double SECONDS = 0.05; // per network

    private static final double MODEL_SECONDS = 0.5; // for a whole network

    private final List<Network> networks = new ArrayList<>();

    /** Adds one more layer after {@code x}, with {@code i} in its name. */
    @FunctionalInterface
    private interface Repeated {
        Layer after(Scope scope, Layer x, int i);
    }

    private LatencyCalibration(int channelBlock) {
        for (int[] size : new int[][] {{16, 56}, {32, 56}, {64, 28}, {128, 14}, {256, 7}}) {
            chain("stem", size[0], 2 * size[1], 0, (s, x, i) -> x);
            chain("dense", size, (s, x, i) -> conv(s, x, i, 3, 1));
        }
        for (int[] size : new int[][] {{32, 112}, {32, 56}, {64, 56}, {128, 28}, {256, 14}, {512, 7}}) {
            chain("pointwise", size, (s, x, i) -> conv(s, x, i, 1, 1));
            chain("depthwise", size, (s, x, i) -> conv(s, x, i, 3, x.shape().channels()));
            chain("grouped", size, (s, x, i) -> conv(s, x, i, 3, x.shape().channels() / channelBlock));
            chain("narrow", size, (s, x, i) -> conv(s, x, i, 3, x.shape().channels() / (channelBlock / 2)));
            chain("uneven", size, (s, x, i) -> conv(s, x, i, 1, 8));
            chain("pool", size, (s, x, i) -> s.maxPool("pool" + i, x, Window.of(3)));
            chain(
                    "activation",
                    size,
                    (s, x, i) ->
                            s.layer("activation" + i, new Op.Activation(Op.Activation.Function.HARD_SWISH, true), x));
            chain("sum", size, (s, x, i) -> s.add("sum" + i, x, x));
            chain("gather", size, LatencyCalibration::gathered);
            chain("concat", size, (s, x, i) -> concatenated(s, x, i, channelBlock));
            chain("uneven_concat", size, (s, x, i) -> concatenated(s, x, i, channelBlock + channelBlock / 2));
        }
        for (int[] size : new int[][] {{16, 112}, {24, 56}, {40, 28}, {96, 14}, {160, 7}}) {
            chain("expand", size, (s, x, i) -> bottleneck(s, x, i, 0));
            chain("bottleneck", size, (s, x, i) -> bottleneck(s, x, i, 3));
            chain("wide_bottleneck", size, (s, x, i) -> bottleneck(s, x, i, 5));
            chain("gate", size, LatencyCalibration::gated);
        }
        for (int channels : new int[] {256, 1024}) {
            linear(channels);
        }
    }

    private static Layer conv(Scope s, Layer x, int i, int kernel, int groups) {
        int channels = x.shape().channels();
        return s.layer("conv" + i, new Op.Conv(channels, channels, Window.of(kernel), groups, true), x);
    }

    /** An inverted bottleneck of ratio 6, without its depthwise convolution if {@code kernel} is 0. */
    private static Layer bottleneck(Scope s, Layer x, int i, int kernel) {
        int channels = x.shape().channels();
        Layer wide = s.activation(
                "clip" + i, s.biasedConv("expand" + i, x, 6 * channels, Window.of(1)), Op.Activation.Function.RELU6);
        if (kernel > 0) {
            wide = s.activation("clip2" + i, conv(s, wide, i, kernel, 6 * channels), Op.Activation.Function.RELU6);
        }
        return s.biasedConv("back" + i, wide, channels, Window.of(1));
    }

    /** A squeeze-and-excitation gate, as it is exported. */
    private static Layer gated(Scope s, Layer x, int i) {
        int channels = x.shape().channels();
        Layer factors = s.biasedConv("factors" + i, s.globalAverage("mean" + i, x), channels, Window.of(1));
        return conv(s, s.layer("scale" + i, new Op.Scale(true), x, factors), i, 1, 1);
    }

    /** A channel gather between two convolutions, as networks have it. */
    private static Layer gathered(Scope s, Layer x, int i) {
        int channels = x.shape().channels();
        return conv(s, s.layer("gather" + i, new Op.ChannelGather(channels, channels), x), i, 1, 1);
    }

    /** A narrow convolution concatenated with its input, and both projected back to the width. */
    private static Layer concatenated(Scope s, Layer x, int i, int added) {
        Layer near = s.biasedConv("near" + i, x, added, Window.of(1));
        return s.biasedConv(
                "back" + i, s.concat("concat" + i, x, near), x.shape().channels(), Window.of(1));
    }

    private void chain(String name, int[] size, Repeated layer) {
        chain(name, size[0], size[1], REPEATED, layer);
    }

    private void chain(String name, int channels, int pixels, int times, Repeated layer) {
        Scope scope = Scope.root();
        Layer x = scope.input(Preprocessing.imagenet().withInputSize(pixels).shape());
        x = scope.biasedConv("stem", x, channels, Window.of(3));
        for (int i = 0; i < times; i++) {
            x = layer.after(scope, x, i);
        }
        scope.globalAverage("pool", x);
        networks.add(scope.build(name + "_" + channels + "_" + pixels));
    }

    private void linear(int channels) {
        Scope scope = Scope.root();
        Layer x = scope.input(Preprocessing.imagenet().withInputSize(4).shape());
        x = scope.globalAverage("pool", scope.biasedConv("stem", x, channels, Window.of(3)));
        for (int i = 0; i < REPEATED; i++) {
            x = scope.linear("linear" + i, x, channels, true);
        }
        networks.add(scope.build("linear_" + channels));
    }

    /** Measures, and fits the model. */
    static LatencyModel run(Runnable stop) throws IOException {
        int channelBlock = Processor.plan().channelBlock();
        List<LatencyModel.Measurement> measurements = new ArrayList<>();
        for (Network network : new LatencyCalibration(channelBlock).networks) {
            stop.run();
            measurements.add(
                    new LatencyModel.Measurement(LayerWork.of(network, channelBlock), millis(model(network), SECONDS)));
        }
        return LatencyModel.fit(channelBlock, measurements);
    }

    /** A file of one small convolution. */
    static OnnxFile tinyFile() {
        Scope scope = Scope.root();
        Layer x = scope.input(Preprocessing.imagenet().withInputSize(4).shape());
        scope.globalAverage("pool", scope.biasedConv("stem", x, 8, Window.of(3)));
        return OnnxFile.of(model(scope.build("tiny")));
    }

    private static Model model(Network network) {
        List<String> labels = IntStream.range(0, network.classes())
                .mapToObj(Integer::toString)
                .toList();
        Preprocessing preprocessing =
                Preprocessing.imagenet().withInputSize(network.input().shape().height());
        return new Model(
                network,
                Initialization.fanIn().draw(network, new SplittableRandom(0)),
                new Card(network.name(), labels, preprocessing));
    }

    /** Measured latency of an exported model: the median, in milliseconds. Takes half a second or three calls. */
    static double millis(Model exported) throws IOException {
        return millis(exported, MODEL_SECONDS);
    }

    /**
     * The median of single calls with one image on one thread, over at least {@code seconds}. CPU time counts, so that
     * other processes hardly matter.
     */
    private static double millis(Model model, double seconds) throws IOException {
        String name = model.network().name();
        try (TimedSession session = new TimedSession(OnnxFile.of(model), name, 1, 1)) {
            for (int i = 0; i < WARM_UP; i++) {
                session.run();
            }
            DoubleStream.Builder calls = DoubleStream.builder();
            long start = cpuNanos();
            long before = start;
            for (int i = 0; i < MIN_CALLS || before - start < seconds * 1e9; i++) {
                session.run();
                long after = cpuNanos();
                calls.add((after - before) / 1e6);
                before = after;
            }
            return Spread.of(calls.build().toArray()).median();
        }
    }

    /** CPU time of this thread; elapsed time where the system does not report it. */
    private static long cpuNanos() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        return threads.isCurrentThreadCpuTimeSupported() ? threads.getCurrentThreadCpuTime() : System.nanoTime();
    }
}
