package dev.kinglet.cli;

import dev.kinglet.data.Dataset;
import dev.kinglet.data.Loader;
import dev.kinglet.data.LoaderSettings;
import dev.kinglet.image.Views;
import dev.kinglet.train.metrics.Evaluation;
import java.io.IOException;
import java.util.List;

/** A trained network on a whole data set. */
final class Scoring {
    private Scoring() {}

    /** @throws IOException if not one image can be used */
    static Evaluation evaluate(TrainedModel trained, Dataset images, int batchSize, int workers)
            throws IOException, InterruptedException {
        return evaluate(trained, images, Views.CENTER, batchSize, workers);
    }

    /**
     * Scores every image once for each view, and counts the mean of the logits.
     *
     * @throws IOException if not one image can be used
     */
    static Evaluation evaluate(TrainedModel trained, Dataset images, Views views, int batchSize, int workers)
            throws IOException, InterruptedException {
        List<Loader> loaders = views.pipelines(trained.card().preprocessing()).stream()
                .map(pipeline -> new Loader(images, pipeline, LoaderSettings.evaluation(batchSize, workers)))
                .toList();
        return Evaluation.of(trained, trained.card(), images.labels(), loaders);
    }
}
