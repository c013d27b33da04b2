package dev.kinglet.network;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * What every op means in evaluation, in a few loops of plain Java and in double precision: the judge when two backends
 * disagree, and the source an export is checked against. It needs no natives; PeleeNet at 224 pixels takes about a second.
 *
 * <p>Activations are {@code double[channels * height * width]} of one image, row-major. Not thread-safe by design
 * only in so far as the arrays it is given must not change meanwhile; an executor itself has no state.
 */
public final class ReferenceExecutor {
    private final Model model;

    public ReferenceExecutor(Model model) {
        this.model = model;
    }

    /**
     * The outputs for one image, {@code [classes]}.
     *
     * @param image {@code [channels, height, width]}, normalised
     * @throws IllegalArgumentException if its length is not that of the network's input
     */
    public double[] run(float[] image) {
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
                if (lastReader[input.id()] == layer.id()) {
                    live[input.id()] = new double[0];
                }
            }
        }
        return live[network.output().id()];
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
            double[] y = result();
            double[] x = x();
            float[] weight = own("weight");
            float[] bias = op.bias() ? own("bias") : new float[op.out()];
            int perGroup = op.in() / op.groups();
            int outPerGroup = op.out() / op.groups();
            int taps = op.window().kernel() * op.window().kernel();
            int plane = layer.shape().height() * layer.shape().width();
            int inPlane = xShape().height() * xShape().width();
            inParallel(op.out(), out -> {
                Arrays.fill(y, out * plane, (out + 1) * plane, bias[out]);
                for (int c = 0; c < perGroup; c++) {
                    int channel = out / outPerGroup * perGroup + c;
                    correlate(x, channel * inPlane, weight, (out * perGroup + c) * taps, op.window(), y, out * plane);
                }
            });
            return y;
        }

        /** Adds one input plane seen through one kernel to one output plane. */
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
                    int shift = kx - window.padding();
                    int first = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
                    int last = Math.min(width, (inWidth - 1 - shift) / stride + 1);
                    for (int row = 0; row < height; row++) {
                        int inRow = row * stride + ky - window.padding();
                        if (inRow < 0 || inRow >= inHeight) {
                            continue;
                        }
                        int from = xStart + inRow * inWidth + shift;
                        int to = yStart + row * width;
                        if (stride == 1) {
                            for (int column = first; column < last; column++) { // a form the JIT vectorises
                                y[to + column] += w * x[from + column];
                            }
                        } else {
                            for (int column = first; column < last; column++) {
                                y[to + column] += w * x[from + column * stride];
                            }
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
            for (int i = 0; i < y.length; i++) {
                int c = i / plane;
                y[i] = (x()[i] - mean[c]) / Math.sqrt(variance[c] + op.epsilon()) * gamma[c] + beta[c];
            }
            return y;
        }

        @Override
        public double[] activation(Op.Activation op) {
            double ceiling = switch (op.curve()) {
                case RELU -> Double.POSITIVE_INFINITY;
                case RELU6 -> 6;
            };
            return Arrays.stream(x())
                    .map(v -> Math.min(Math.max(v, 0), ceiling))
                    .toArray();
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
                            int inRow = row * window.stride() + ky - window.padding();
                            for (int kx = 0; kx < window.kernel(); kx++) {
                                int inColumn = column * window.stride() + kx - window.padding();
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
