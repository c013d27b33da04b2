/**
 * The whole job as a Java API: train, resume, evaluate, import, export, predict. The command line is written on it, so a
 * program gets the same results, files and messages.
 *
 * <pre>{@code
 * TrainConfig config = Recipes.config(Path.of("photos"), "peleenet").withValEvery(5).withEpochs(40);
 * TrainingResult result = Training.of(config).run();
 * try (TrainedModel model = TrainedModel.open(result.run(), 2)) {
 *     Evaluation evaluation = Evaluator.defaults().evaluate(model, TrainingData.open(config).validation());
 *     System.out.println(evaluation.top1() + " %");
 * }
 * Export.of(result.run()).to(Path.of("photos.onnx"));
 * }</pre>
 *
 * <p>Configurations are immutable. What holds native memory is closed by whoever opened it: {@link
 * dev.kinglet.toolkit.TrainedModel} is the only such type; {@link dev.kinglet.toolkit.Training} frees its own before {@code
 * run} returns. Errors are exceptions: {@link java.lang.IllegalArgumentException} for a wrong request, {@link
 * java.io.IOException} for files, {@link java.util.concurrent.CancellationException} where a stop came before any result.
 */
package dev.kinglet.toolkit;
