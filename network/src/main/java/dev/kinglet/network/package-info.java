/**
 * Networks as immutable values. A {@link dev.kinglet.network.Network} is described once, by the names and in the order of
 * its authors' state dict: layers, each an {@link dev.kinglet.network.Op} over the activations of others. A
 * {@link dev.kinglet.network.Model} adds the values of its {@link dev.kinglet.network.Tensors} and a
 * {@link dev.kinglet.network.Card} with labels and preprocessing. Costs, initial weights, training, files and exports are
 * walks over it; a backend never needs to know which network it runs.
 *
 * <p>A small classifier, its costs, its initial weights, and the logits of an image:
 *
 * <pre>{@code
 * Scope root = Scope.root();
 * Layer x = root.conv("conv", root.input(Shape.image(32)), 16, Window.of(3).stride(2));
 * x = root.relu(root.batchNorm("norm", x));
 * root.linear("fc", root.globalAverage("pool", x), 2, true);
 * Network network = root.build("small");
 *
 * long parameters = Costs.of(network).parameters(); // 498
 * Tensors weights = Initialization.fanOut(0.01).draw(network, new Random(1));
 * Card card = new Card("small", List.of("cat", "dog"), Preprocessing.imagenet().withInputSize(32));
 * Model model = new Model(network, weights, card);
 * double[] logits = new ReferenceExecutor(model).run(new float[3 * 32 * 32]);
 * }</pre>
 */
package dev.kinglet.network;
