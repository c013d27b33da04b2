/**
 * Models bound to libtorch: {@link dev.kinglet.torch.TorchLearner} trains one, {@link dev.kinglet.torch.TorchScorer} runs one.
 * Both own native memory until closed; their results are arrays and records. The number of compute threads is libtorch's
 * setting for the whole process.
 *
 * <p>Logits of two normalized images, {@code [2, 3, height, width]}, on one thread:
 *
 * <pre>{@code
 * try (TorchScorer scorer = TorchScorer.of(model, 1)) {
 *     float[] logits = scorer.logits(images, 2); // [2, classes]
 * }
 * }</pre>
 */
package dev.kinglet.torch;
