/**
 * Exported networks in ONNX Runtime. {@link dev.kinglet.infer.Classifier} runs an ONNX file on images that it decodes and
 * prepares as the file's card says; {@link dev.kinglet.infer.ClassifierOptions} sets the number of concurrent calls, and a
 * {@link dev.kinglet.infer.ClassifierListener} gets the times of each. {@link dev.kinglet.infer.Exporter} writes such a
 * file and {@link dev.kinglet.infer.Int8Exporter} an int8-quantized one, both only if its logits in ONNX Runtime agree with
 * the model's. {@link dev.kinglet.infer.Tuner} times the implementations of grouped convolutions on this machine.
 *
 * <pre>{@code
 * Exporter.defaults().export(model, Path.of("birds.onnx"));
 * ClassifierOptions options = ClassifierOptions.defaults().withSessions(2).withTopK(3);
 * try (Classifier classifier = Classifier.open(Path.of("birds.onnx"), options)) {
 *     for (LabeledScore answer : classifier.classify(Path.of("photo.jpg"))) {
 *         System.out.println(answer.label() + " " + answer.score());
 *     }
 * }
 * }</pre>
 */
package dev.kinglet.infer;
