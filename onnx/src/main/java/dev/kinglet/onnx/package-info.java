/**
 * ONNX files that describe themselves. {@link dev.kinglet.onnx.OnnxFile} makes one of a model, with the model's card in its
 * metadata, and reads one from outside: within limits of size and work, with every operator, name and shape
 * checked before anything runs it. {@link dev.kinglet.onnx.GraphCosts} counts parameters and multiply-accumulates per node;
 * {@link dev.kinglet.onnx.Quantizer} quantizes a file to int8 by given ranges. Nothing here runs a network.
 *
 * <pre>{@code
 * OnnxFile.of(model).write(Path.of("birds.onnx"));
 *
 * OnnxFile file = OnnxFile.read(Path.of("birds.onnx")); // throws OnnxException unless all of it is known
 * List<String> labels = file.card().labels();
 * long macs = GraphCosts.macs(file);
 * }</pre>
 */
package dev.kinglet.onnx;
