package dev.kinglet.network;

import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Reference semantics of every op in evaluation, in plain Java and double precision: it decides when two backends disagree,
 * and exports are checked against it. No native libraries; PeleeNet at 224 pixels takes about half a second.
 *
 * <p>Activations are {@code double[channels * height * width]} of one image, row-major. An executor has no state of its own
 * and is thread-safe.
 */
public final class ReferenceExecutor {
    private static final int FEW_PIXELS = 8; // of a plane; above it a vectorized loop over pixels is faster

    private final Model model;

    /** An executor of a model, whose tensors must not change. */
    public ReferenceExecutor(Model model) {
        this.model = model;
    }

    /**
     * The logits of one image.
     *
     * @param image {@code [channels, height, width]}, normalized, row-major; not changed
     * @return {@code [classes]}
     * @throws IllegalArgumentException if its length is not that of the network's input
     */
    public double[] run(float[] image) {
        return activations(image, List.of(model.network().output())).get(0);
    }

    /**
     * Activations of some layers for one image, computed together.
     *
     * @param image as in {@link #run}
     * @param wanted layers of the network
     * @return by layer, {@code [channels, height, width]}
     * @throws IllegalArgumentException as in {@link #run}
     */
    public List<double[]> activations(float[] image, List<Layer> wanted) {
        Network network = model.network();
        if (image.length != network.input().shape().elements()) {
            throw new IllegalArgumentException(
                    network.name() + " takes an image of " + network.input().shape() + ", "
                            + network.input().shape().elements() + " values, not " + image.length);
        }
        int[] lastReader = network.lastReaders();
        double[][] live = new double[network.layers().size()][];
        for (Layer layer : network.layers()) {
            List<double[]> in = layer.inputs().stream().map(x -> live[x.id()]).toList();
            live[layer.id()] = layer.op().accept(new Step(layer, in, image));
            for (Layer input : layer.inputs()) {
                if (lastReader[input.id()] == layer.id() && !wanted.contains(input)) {
                    live[input.id()] = new double[0];
                }
            }
        }
        return wanted.stream().map(layer -> live[layer.id()]).toList();
    }

    private final class Step implements Op.Visitor<double[]> {
        private final Layer layer;
        private final List<double[]> in;
        private final float[] image;

        Step(Layer layer, List<double[]> in, float[] image) {
            this.layer = layer;
            this.in = in;
            this.image = image;
        }

        private double[] x() {
            return in.get(0);
        }

        private Shape xShape() {
            return layer.input().shape();
        }

        private float[] own(String parameter) {
            return model.tensors().floats(layer.nameOf(parameter));
        }

        private double[] result() {
            return new double[Math.toIntExact(layer.shape().elements())];
        }

        private static void inParallel(int count, IntConsumer work) {
            IntStream.range(0, count).parallel().forEach(work);
        }

        @Override
        public double[] input(Op.Input op) {
            double[] values = new double[image.length];
            Arrays.setAll(values, i -> image[i]);
            return values;
        }

        @Override
        public double[] conv(Op.Conv op) {
            return conv(op, own("weight"), op.bias() ? own("bias") : new float[op.out()]);
        }

        @Override
        public double[] learnedGroupConv(Op.LearnedGroupConv op) {
            float[] weight = own(Op.LearnedGroupConv.WEIGHT).clone();
            float[] mask = own(Op.LearnedGroupConv.MASK);
            for (int i = 0; i < weight.length; i++) {
                weight[i] *= mask[i];
            }
            return conv(new Op.Conv(op.in(), op.out(), Window.of(1), 1, false), weight, new float[op.out()]);
        }

        private double[] conv(Op.Conv op, float[] weight, float[] bias) {
            double[] y = result();
            double[] x = x();
            int perGroup = op.in() / op.groups();
            int outPerGroup = op.out() / op.groups();
            int taps = op.window().kernel() * op.window().kernel();
            int plane = layer.shape().height() * layer.shape().width();
            int inPlane = xShape().height() * xShape().width();
            boolean pointwise = op.window().equals(Window.of(1));
            if (!pointwise && op.window().stride() == 1) {
                return slidingConv(op, weight, bias);
            }
            inParallel(op.out(), out -> {
                int first = out / outPerGroup * perGroup;
                int w = out * perGroup;
                Arrays.fill(y, out * plane, (out + 1) * plane, bias[out]);
                if (pointwise && plane < FEW_PIXELS) {
                    addDotProducts(x, first * plane, weight, w, perGroup, y, out * plane, plane);
                } else if (pointwise) {
                    int c = 0;
                    for (; c + 4 <= perGroup; c += 4) {
                        addFour(
                                x,
                                (first + c) * plane,
                                plane,
                                2 * plane,
                                3 * plane,
                                weight,
                                w + c,
                                y,
                                out * plane,
                                plane);
                    }
                    for (; c < perGroup; c++) {
                        addScaled(x, (first + c) * plane, weight[w + c], y, out * plane, plane);
                    }
                } else {
                    for (int c = 0; c < perGroup; c++) {
                        correlate(x, (first + c) * inPlane, weight, (w + c) * taps, op.window(), y, out * plane);
                    }
                }
            });
            return y;
        }

        /**
         * A convolution of stride 1 on a copy of its input with the padding around each plane. An output plane that is as
         * wide as the copy is a sum of shifted planes, each one long loop; what stands at the end of its rows is dropped.
         */
        private double[] slidingConv(Op.Conv op, float[] weight, float[] bias) {
            double[] y = result();
            int kernel = op.window().kernel();
            int taps = kernel * kernel;
            int perGroup = op.in() / op.groups();
            int height = layer.shape().height();
            int width = layer.shape().width();
            int paddedWidth = width + kernel - 1;
            int paddedPlane = (height + kernel - 1) * paddedWidth;
            double[] x = padded(op, paddedPlane, paddedWidth);
            int[] shifts = IntStream.range(0, taps)
                    .map(tap -> tap / kernel * paddedWidth + tap % kernel)
                    .toArray();
            int count = height * paddedWidth - (kernel - 1);
            inParallel(op.out(), out -> {
                double[] sums = new double[height * paddedWidth];
                Arrays.fill(sums, bias[out]);
                for (int c = 0; c < perGroup; c++) {
                    int from = (out / (op.out() / op.groups()) * perGroup + c) * paddedPlane;
                    int w = (out * perGroup + c) * taps;
                    int tap = 0;
                    for (; tap + 4 <= taps; tap += 4) {
                        int start = from + shifts[tap];
                        addFour(
                                x,
                                start,
                                shifts[tap + 1] - shifts[tap],
                                shifts[tap + 2] - shifts[tap],
                                shifts[tap + 3] - shifts[tap],
                                weight,
                                w + tap,
                                sums,
                                0,
                                count);
                    }
                    for (; tap < taps; tap++) {
                        addScaled(x, from + shifts[tap], weight[w + tap], sums, 0, count);
                    }
                }
                for (int row = 0; row < height; row++) {
                    System.arraycopy(sums, row * paddedWidth, y, (out * height + row) * width, width);
                }
            });
            return y;
        }

        /** The input with zeros around each of its planes, as many as the window reaches beyond it. */
        private double[] padded(Op.Conv op, int paddedPlane, int paddedWidth) {
            int inHeight = xShape().height();
            int inWidth = xShape().width();
            int top = op.window().padding().top();
            int left = op.window().padding().left();
            int rows = Math.min(inHeight, paddedPlane / paddedWidth - top);
            int columns = Math.min(inWidth, paddedWidth - left);
            double[] x = x();
            double[] padded = new double[op.in() * paddedPlane];
            for (int c = 0; c < op.in(); c++) {
                for (int row = 0; row < rows; row++) {
                    System.arraycopy(
                            x,
                            (c * inHeight + row) * inWidth,
                            padded,
                            c * paddedPlane + (row + top) * paddedWidth + left,
                            columns);
                }
            }
            return padded;
        }

        /** Pixel by pixel, where a plane is too small for {@link #addScaled} to pay. */
        private static void addDotProducts(
                double[] x, int xStart, float[] weight, int wStart, int channels, double[] y, int yStart, int plane) {
            for (int pixel = 0; pixel < plane; pixel++) {
                double sum = y[yStart + pixel];
                for (int c = 0; c < channels; c++) {
                    sum += (double) weight[wStart + c] * x[xStart + c * plane + pixel];
                }
                y[yStart + pixel] = sum;
            }
        }

        /** A loop that the JIT vectorizes. */
        private static void addScaled(double[] x, int xStart, double scale, double[] y, int yStart, int count) {
            for (int i = 0; i < count; i++) {
                y[yStart + i] += scale * x[xStart + i];
            }
        }

        /**
         * {@link #addScaled} of four stretches with consecutive weights, in their order, with a quarter of the stores.
         *
         * @param second start of the second stretch, from that of the first; {@code third} and {@code fourth} alike
         */
        private static void addFour(
                double[] x,
                int xStart,
                int second,
                int third,
                int fourth,
                float[] weight,
                int wStart,
                double[] y,
                int yStart,
                int count) {
            double w0 = weight[wStart];
            double w1 = weight[wStart + 1];
            double w2 = weight[wStart + 2];
            double w3 = weight[wStart + 3];
            int x1 = xStart + second;
            int x2 = xStart + third;
            int x3 = xStart + fourth;
            for (int i = 0; i < count; i++) {
                y[yStart + i] = y[yStart + i] + w0 * x[xStart + i] + w1 * x[x1 + i] + w2 * x[x2 + i] + w3 * x[x3 + i];
            }
        }

        /** Adds one input plane seen through one kernel, of a stride above 1, to one output plane. */
        private void correlate(
                double[] x, int xStart, float[] weight, int wStart, Window window, double[] y, int yStart) {
            int kernel = window.kernel();
            int stride = window.stride();
            int inHeight = xShape().height();
            int inWidth = xShape().width();
            int height = layer.shape().height();
            int width = layer.shape().width();
            for (int ky = 0; ky < kernel; ky++) {
                for (int kx = 0; kx < kernel; kx++) {
                    double w = weight[wStart + ky * kernel + kx];
                    int shift = kx - window.padding().left();
                    int first = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
                    int last = Math.min(width, Math.floorDiv(inWidth - 1 - shift, stride) + 1);
                    for (int row = 0; row < height; row++) {
                        int inRow = row * stride + ky - window.padding().top();
                        if (inRow < 0 || inRow >= inHeight) {
                            continue;
                        }
                        int from = xStart + inRow * inWidth + shift;
                        int to = yStart + row * width;
                        for (int column = first; column < last; column++) {
                            y[to + column] += w * x[from + column * stride];
                        }
                    }
                }
            }
        }

        @Override
        public double[] batchNorm(Op.BatchNorm op) {
            double[] y = result();
            float[] gamma = own("weight");
            float[] beta = own("bias");
            float[] mean = own("running_mean");
            float[] variance = own("running_var");
            int plane = y.length / op.channels();
            double[] x = x();
            for (int c = 0; c < op.channels(); c++) {
                double deviation = Math.sqrt(variance[c] + op.epsilon());
                for (int i = c * plane; i < (c + 1) * plane; i++) {
                    y[i] = (x[i] - mean[c]) / deviation * gamma[c] + beta[c];
                }
            }
            return y;
        }

        @Override
        public double[] activation(Op.Activation op) {
            DoubleUnaryOperator function = switch (op.function()) {
                case RELU -> v -> Math.max(v, 0);
                case RELU6 -> Step::relu6;
                case SIGMOID -> v -> 1 / (1 + Math.exp(-v));
                case HARD_SIGMOID -> v -> relu6(v + 3) / 6;
                case HARD_SWISH -> v -> v * relu6(v + 3) / 6;
            };
            return Arrays.stream(x()).map(function).toArray();
        }

        private static double relu6(double v) {
            return Math.min(Math.max(v, 0), 6);
        }

        @Override
        public double[] pool(Op.Pool op) {
            double[] y = result();
            double[] x = x();
            Window window = op.window();
            Shape from = xShape();
            boolean max = op.kind() == Op.Pool.Kind.MAX;
            int i = 0;
            for (int c = 0; c < from.channels(); c++) {
                for (int row = 0; row < layer.shape().height(); row++) {
                    for (int column = 0; column < layer.shape().width(); column++) {
                        double value = max ? Double.NEGATIVE_INFINITY : 0;
                        for (int ky = 0; ky < window.kernel(); ky++) {
                            int inRow = row * window.stride()
                                    + ky
                                    - window.padding().top();
                            for (int kx = 0; kx < window.kernel(); kx++) {
                                int inColumn = column * window.stride()
                                        + kx
                                        - window.padding().left();
                                if (inRow >= 0 && inRow < from.height() && inColumn >= 0 && inColumn < from.width()) {
                                    double v = x[(c * from.height() + inRow) * from.width() + inColumn];
                                    value = max ? Math.max(value, v) : value + v;
                                }
                            }
                        }
                        y[i++] = max ? value : value / (window.kernel() * window.kernel());
                    }
                }
            }
            return y;
        }

        @Override
        public double[] concat(Op.Concat op) {
            double[] y = result();
            int at = 0;
            for (double[] part : in) {
                System.arraycopy(part, 0, y, at, part.length);
                at += part.length;
            }
            return y;
        }

        @Override
        public double[] add(Op.Add op) {
            double[] y = in.get(0).clone();
            for (int i = 0; i < y.length; i++) {
                y[i] += in.get(1)[i];
            }
            return y;
        }

        @Override
        public double[] scale(Op.Scale op) {
            double[] y = x().clone();
            double[] factors = in.get(1);
            int plane = y.length / factors.length;
            for (int i = 0; i < y.length; i++) {
                y[i] *= factors[i / plane];
            }
            return y;
        }

        @Override
        public double[] channelGather(Op.ChannelGather op) {
            return planes(op.channels(model.tensors().longs(layer.nameOf(Op.ChannelGather.INDEX))));
        }

        @Override
        public double[] shuffle(Op.Shuffle op) {
            return planes(op.sources(layer.shape().channels()));
        }

        /** The input's planes in another order. */
        private double[] planes(int[] sources) {
            double[] y = result();
            int plane = y.length / sources.length;
            for (int out = 0; out < sources.length; out++) {
                System.arraycopy(x(), sources[out] * plane, y, out * plane, plane);
            }
            return y;
        }

        @Override
        public double[] channelMatrix(Op.ChannelMatrix op) {
            double[] y = result();
            float[] index = own(Op.ChannelMatrix.INDEX);
            int plane = y.length / op.out();
            for (int from = 0; from < op.in(); from++) { // along the rows of a large matrix that is nearly all zeros
                for (int out = 0; out < op.out(); out++) {
                    double share = index[from * op.out() + out];
                    if (share != 0) {
                        addScaled(x(), from * plane, share, y, out * plane, plane);
                    }
                }
            }
            return y;
        }

        @Override
        public double[] padChannels(Op.PadChannels op) {
            double[] y = result();
            int plane = layer.shape().height() * layer.shape().width();
            System.arraycopy(x(), 0, y, op.before() * plane, x().length);
            return y;
        }

        @Override
        public double[] adaptiveAverage(Op.AdaptiveAverage op) {
            double[] y = result();
            double[][] rows = op.weights(xShape().height());
            double[][] columns = op.weights(xShape().width());
            int width = xShape().width();
            int plane = xShape().height() * width;
            int at = 0;
            for (int c = 0; c < xShape().channels(); c++) {
                for (double[] row : rows) {
                    for (double[] column : columns) {
                        for (int i = 0; i < plane; i++) {
                            y[at] += row[i / width] * column[i % width] * x()[c * plane + i];
                        }
                        at++;
                    }
                }
            }
            return y;
        }

        @Override
        public double[] globalAverage(Op.GlobalAverage op) {
            double[] y = result();
            int plane = x().length / y.length;
            for (int c = 0; c < y.length; c++) {
                y[c] = Arrays.stream(x(), c * plane, (c + 1) * plane).sum() / plane;
            }
            return y;
        }

        @Override
        public double[] dropout(Op.Dropout op) {
            return x();
        }

        @Override
        public double[] linear(Op.Linear op) {
            double[] y = result();
            float[] weight = own("weight");
            float[] bias = op.bias() ? own("bias") : new float[op.out()];
            inParallel(op.out(), out -> {
                double sum = bias[out];
                for (int i = 0; i < op.in(); i++) {
                    sum += weight[out * op.in() + i] * x()[i];
                }
                y[out] = sum;
            });
            return y;
        }
    }
}
