package dev.kinglet.toolkit;

import dev.kinglet.data.Dataset;
import dev.kinglet.data.Loader;
import dev.kinglet.data.LoaderSettings;
import dev.kinglet.image.Batch;
import dev.kinglet.image.Views;
import dev.kinglet.train.metrics.Evaluation;
import dev.kinglet.train.metrics.Predictions;
import dev.kinglet.train.metrics.Scorer;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/**
 * Settings for the evaluation of a trained model on labeled images.
 *
 * <pre>{@code
 * try (TrainedModel model = TrainedModel.open(result.run(), 2)) {
 *     Evaluation evaluation = Evaluator.defaults().evaluate(model, validation);
 * }
 * }</pre>
 *
 * @param views views of each image whose mean logits are its answer
 * @param batchSize images run together
 * @param workers data-loader workers, which read and decode images
 * @param stop asked before each batch; true ends the evaluation
 */
public record Evaluator(Views views, int batchSize, int workers, BooleanSupplier stop) {
    /** The center view, batches of 64 images, two workers, no stop. */
    public static Evaluator defaults() {
        return new Evaluator(Views.CENTER, 64, 2, () -> false);
    }

    /** The same with other views. */
    public Evaluator withViews(Views other) {
        return new Evaluator(other, batchSize, workers, stop);
    }

    /** The same with batches of another size. */
    public Evaluator withBatchSize(int images) {
        return new Evaluator(views, images, workers, stop);
    }

    /** The same with another number of data-loader workers. */
    public Evaluator withWorkers(int count) {
        return new Evaluator(views, batchSize, count, stop);
    }

    /** The same, ending when {@code condition} holds. */
    public Evaluator withStop(BooleanSupplier condition) {
        return new Evaluator(views, batchSize, workers, condition);
    }

    /**
     * Scores every image once.
     *
     * @param model not closed
     * @throws IllegalArgumentException if the network's classes are not those of the data
     * @throws IOException if not one image can be used, or logits are not finite
     * @throws InterruptedException if the thread is interrupted while it waits for images
     * @throws CancellationException if {@code stop} holds before the last batch
     */
    public Evaluation evaluate(TrainedModel model, Dataset images) throws IOException, InterruptedException {
        return evaluate(model, images, new Predictions());
    }

    /** The same, with the answer to each image added to {@code predictions}. */
    public Evaluation evaluate(TrainedModel model, Dataset images, Predictions predictions)
            throws IOException, InterruptedException {
        List<Loader> loaders = views.pipelines(model.card().preprocessing()).stream()
                .map(pipeline -> new Loader(images, pipeline, LoaderSettings.evaluation(batchSize, workers)))
                .toList();
        Evaluation evaluation = Evaluation.of(stoppable(model), model.card(), images.labels(), loaders, predictions);
        if (!Double.isFinite(evaluation.loss())) {
            throw new IOException(
                    model.card().model() + " gives logits that are NaN or infinite, so that neither its accuracy"
                            + " nor its loss means anything: its weights are damaged, or those of a training that diverged");
        }
        return evaluation;
    }

    private Scorer stoppable(Scorer scorer) {
        return new Scorer() {
            @Override
            public int classes() {
                return scorer.classes();
            }

            @Override
            public float[] logits(Batch batch) {
                Stop.check(stop);
                return scorer.logits(batch);
            }
        };
    }
}
