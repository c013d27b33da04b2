package dev.kinglet.cli;

import dev.kinglet.data.Dataset;
import dev.kinglet.data.Loader;
import dev.kinglet.data.LoaderSettings;
import dev.kinglet.data.Pipeline;
import dev.kinglet.train.Evaluation;
import java.io.IOException;

/** A trained network on a whole data set. */
final class Scoring {
    private Scoring() {}

    /** @throws IOException if not one picture can be used */
    static Evaluation evaluate(TrainedModel trained, Dataset pictures, int batchSize, int workers)
            throws IOException, InterruptedException {
        Loader loader = new Loader(
                pictures,
                Pipeline.evaluation(trained.card().preprocessing()),
                LoaderSettings.evaluation(batchSize, workers));
        return Evaluation.of(trained, trained.card(), pictures.labels(), loader);
    }
}
