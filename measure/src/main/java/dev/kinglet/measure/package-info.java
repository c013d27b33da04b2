/**
 * Measurements of networks on this machine. An {@link dev.kinglet.measure.InferenceBenchmark} times exported networks
 * against each other in interleaved rounds, a {@link dev.kinglet.measure.PipelineBenchmark} the whole way from image
 * files to labels, a {@link dev.kinglet.measure.TrainingBenchmark} a training step. A
 * {@link dev.kinglet.measure.LatencyModel}, which {@link dev.kinglet.measure.LatencyCalibration} fits to this machine,
 * predicts what each layer of a network takes and what bounds it. Results are records; nothing here prints.
 *
 * <pre>{@code
 * InferenceBenchmark benchmark = new InferenceBenchmark(
 *         List.of(Candidate.file(Path.of("plain.onnx")), Candidate.file(Path.of("rewritten.onnx"))),
 *         1, 1, 1, 7, 0.3);
 * for (InferenceBenchmark.Result result : benchmark.run(() -> {}).results()) {
 *     System.out.printf("%s: %.2f ms%n", result.name(), result.medianMillis());
 * }
 * }</pre>
 */
package dev.kinglet.measure;
