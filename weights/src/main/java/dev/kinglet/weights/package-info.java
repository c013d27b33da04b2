/**
 * Weights from and to files. {@link dev.kinglet.weights.WeightFile} reads safetensors and the checkpoints of PyTorch and
 * Paddle, recognized by content; {@link dev.kinglet.weights.WeightMatch} matches them with a network by name and shape;
 * {@link dev.kinglet.weights.ModelFile} is a network with its card as one safetensors file. Every size a file claims is
 * measured before it is believed, and nothing in a file is run.
 *
 * <pre>{@code
 * WeightFile file = WeightFile.read(Path.of("peleenet.pth.tar"));
 * Tensors state = WeightMatch.of(network, file).tensorsDespiteUnexpected();
 * ModelFile.write(Path.of("peleenet.safetensors"), new Model(network, state, card));
 * }</pre>
 */
package dev.kinglet.weights;
