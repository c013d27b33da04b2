package dev.kinglet.toolkit;

import dev.kinglet.data.Dataset;
import dev.kinglet.data.Loader;
import dev.kinglet.image.Batch;
import dev.kinglet.train.Learner;
import dev.kinglet.train.options.Schedule;
import dev.kinglet.train.options.TrainConfig;
import dev.kinglet.train.run.Trainer;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A run before it begins.
 *
 * @param config resolved, with the validation split that the layout chose
 * @param labels class names by index
 * @param stepsPerEpoch optimizer steps of each epoch
 * @param learningRates of the first step of each epoch, and of the last step of all
 * @param time estimated from some steps and evaluations; the first epoch, which decodes images that a cache keeps, may take
 *     longer
 */
public record TrainingPlan(
        TrainConfig config,
        List<String> labels,
        int trainingImages,
        int validationImages,
        int stepsPerEpoch,
        List<Double> learningRates,
        Duration time) {
    private static final int TIMED_STEPS = 3; // after one that is not
    private static final int FEW_IMAGES = 16; // of the first timed steps
    private static final double LONG_STEP = 1; // seconds, about, of the timed steps of more images

    public TrainingPlan {
        labels = List.copyOf(labels);
        learningRates = List.copyOf(learningRates);
    }

    /** Steps of the whole run. */
    public long steps() {
        return (long) config.schedule().allEpochs() * stepsPerEpoch;
    }

    /**
     * @param learner its weights are changed
     * @param stop called before each batch; what it throws ends the estimate
     */
    static TrainingPlan of(
            TrainConfig config,
            List<String> labels,
            Dataset training,
            Dataset validation,
            Learner learner,
            Runnable stop)
            throws IOException, InterruptedException {
        Loader loader = Trainer.trainingLoader(config, training);
        int batches = loader.batchesPerEpoch();
        int steps = config.schedule().steps(batches);
        Schedule schedule = config.schedule(batches);
        int epochs = config.schedule().allEpochs();
        List<Double> rates = IntStream.rangeClosed(0, epochs)
                .mapToObj(epoch -> schedule.learningRate(Math.min((long) epoch * steps, (long) epochs * steps - 1)))
                .toList();
        double perBatch = secondsPerBatch(config, training, learner, stop);
        List<Loader> views = Trainer.validationLoaders(
                config.withBatchSize(Math.min(config.schedule().batchSize(), FEW_IMAGES)), validation);
        double perImage = views.size() * secondsPerImage(views.get(0), learner);
        double seconds = epochs * (batches * perBatch + validation.size() * perImage);
        return new TrainingPlan(
                config,
                labels,
                training.size(),
                validation.size(),
                steps,
                rates,
                Duration.ofMillis(Math.round(1000 * seconds)));
    }

    /**
     * Of the run's batches; where they take long, from steps of fewer images, for an estimate is wanted in seconds, and the
     * time of a large batch is proportional to its images.
     */
    private static double secondsPerBatch(TrainConfig config, Dataset training, Learner learner, Runnable stop)
            throws IOException, InterruptedException {
        int images = config.schedule().batchSize();
        int few = Math.min(images, Math.max(FEW_IMAGES, learner.minimumBatch()));
        double seconds = secondsPerStep(loaderOf(few, config, training), learner, stop);
        int more = (int) Math.min(images, few * LONG_STEP / seconds);
        if (more > few) {
            return secondsPerStep(loaderOf(more, config, training), learner, stop) * images / more;
        }
        return seconds * images / few;
    }

    private static Loader loaderOf(int images, TrainConfig config, Dataset training) {
        return Trainer.trainingLoader(config.withBatchSize(images), training);
    }

    /** Median of some steps, the wait for images included. */
    private static double secondsPerStep(Loader loader, Learner learner, Runnable stop)
            throws IOException, InterruptedException {
        double[] seconds = new double[TIMED_STEPS];
        int timed = -1;
        for (int epoch = 0; timed < TIMED_STEPS; epoch++) {
            int before = timed;
            try (Loader.Epoch batches = loader.epoch(epoch)) {
                long begin = System.nanoTime();
                for (@Nullable Batch batch = batches.next();
                        batch != null && timed < TIMED_STEPS;
                        batch = batches.next()) {
                    stop.run();
                    if (batch.size() >= learner.minimumBatch()) {
                        learner.step(batch, 0);
                    }
                    if (timed >= 0) {
                        seconds[timed] = (System.nanoTime() - begin) / 1e9;
                    }
                    timed++;
                    begin = System.nanoTime();
                }
            }
            if (timed == before) {
                throw new IOException("not one of the training images can be used");
            }
        }
        Arrays.sort(seconds);
        return seconds[TIMED_STEPS / 2];
    }

    private static double secondsPerImage(Loader loader, Learner learner) throws IOException, InterruptedException {
        try (Loader.Epoch batches = loader.epoch(0)) {
            long begin = System.nanoTime();
            Batch batch = batches.next();
            if (batch == null) {
                return 0;
            }
            learner.logits(batch);
            return (System.nanoTime() - begin) / 1e9 / batch.size();
        }
    }
}
