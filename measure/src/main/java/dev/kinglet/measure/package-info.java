/**
 * Measurements of networks on this machine. An {@link dev.kinglet.measure.InferenceBenchmark} times exported networks
 * against each other in interleaved rounds, a {@link dev.kinglet.measure.PipelineBenchmark} the whole way from image
 * files to labels, a {@link dev.kinglet.measure.TrainingBenchmark} a training step. A
 * {@link dev.kinglet.measure.LatencyPrediction} says what each layer of a network will take on this machine and what bounds
 * it. Results are records; nothing here prints.
 *
 * <pre>{@code
 * InferenceBenchmark benchmark = new InferenceBenchmark(
 *         List.of("plain.onnx", "rewritten.onnx"), OptionalInt.empty(), 1, 1, 1, 7, 0.3);
 * for (InferenceBenchmark.Result result : benchmark.run(() -> {}).results()) {
 *     System.out.printf("%s: %.2f ms%n", result.name(), result.medianMillis());
 * }
 * }</pre>
 */
package dev.kinglet.measure;
