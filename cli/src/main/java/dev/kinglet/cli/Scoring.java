package dev.kinglet.cli;

import dev.kinglet.data.Dataset;
import dev.kinglet.data.Loader;
import dev.kinglet.data.LoaderSettings;
import dev.kinglet.data.Views;
import dev.kinglet.train.Evaluation;
import java.io.IOException;
import java.util.List;

/** A trained network on a whole data set. */
final class Scoring {
    private Scoring() {}

    /** @throws IOException if not one picture can be used */
    static Evaluation evaluate(TrainedModel trained, Dataset pictures, int batchSize, int workers)
            throws IOException, InterruptedException {
        return evaluate(trained, pictures, Views.CENTRE, batchSize, workers);
    }

    /**
     * Scores every picture once for each view, and counts the mean of the logits.
     *
     * @throws IOException if not one picture can be used
     */
    static Evaluation evaluate(TrainedModel trained, Dataset pictures, Views views, int batchSize, int workers)
            throws IOException, InterruptedException {
        List<Loader> loaders = views.pipelines(trained.card().preprocessing()).stream()
                .map(pipeline -> new Loader(pictures, pipeline, LoaderSettings.evaluation(batchSize, workers)))
                .toList();
        return Evaluation.of(trained, trained.card(), pictures.labels(), loaders);
    }
}
