package dev.kinglet.toolkit;

import dev.kinglet.data.Dataset;
import dev.kinglet.data.Loader;
import dev.kinglet.data.LoaderSettings;
import dev.kinglet.image.Batch;
import dev.kinglet.image.Pipeline;
import dev.kinglet.network.Card;
import dev.kinglet.network.Model;
import dev.kinglet.network.Rejection;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.train.calibration.KnownUnknown;
import dev.kinglet.train.calibration.LabeledLogits;
import dev.kinglet.train.calibration.TemperatureScaling;
import dev.kinglet.train.metrics.ClassMap;
import dev.kinglet.train.run.RunFolder;
import dev.kinglet.weights.ModelFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Fits a temperature, and chooses a threshold for images of none of the classes, on labeled images that the network was not
 * trained on.
 *
 * @param batchSize images run together
 * @param workers data-loader workers, which read and decode images
 * @param stop asked before each batch; true ends the work
 */
public record Calibrator(int batchSize, int workers, BooleanSupplier stop) {
    /** Batches of 64 images, two workers, no stop. */
    public static Calibrator defaults() {
        return new Calibrator(64, 2, () -> false);
    }

    /**
     * What was found.
     *
     * @param unknown how the threshold does; only if one was chosen
     */
    public record Calibration(TemperatureScaling scaling, Optional<Unknown> unknown) {
        /** The card with the temperature, and the threshold if there is one. */
        public Card applied(Card card) {
            Card calibrated = card.withTemperature(scaling.temperature());
            return unknown.isPresent() ? calibrated.with(unknown.get().rejection()) : calibrated;
        }
    }

    /**
     * A threshold for images of none of the classes.
     *
     * @param rejected fraction of the images it was chosen on that it rejects, in [0, 1]
     * @param others how many images of none of the classes were given
     * @param areaUnderCurve AUROC of telling these; only if some were given
     * @param falsePositivesAt95 fraction of them that is accepted where 95 % of the others are (FPR95)
     * @param rejectedOthers fraction of them that the threshold rejects
     */
    public record Unknown(
            Rejection rejection,
            double rejected,
            long others,
            OptionalDouble areaUnderCurve,
            OptionalDouble falsePositivesAt95,
            OptionalDouble rejectedOthers) {}

    /**
     * Which images are to be rejected.
     *
     * @param score that tells them
     * @param rate of known images that may be rejected, in [0, 1)
     */
    public record RejectionChoice(Rejection.Score score, double rate) {}

    /**
     * @param model not closed; its card's own temperature does not matter
     * @param images labeled, of the network's classes
     * @param choice for a threshold; null: none
     * @param others images of none of the classes, to measure the threshold; those that cannot be read are left out
     * @throws IllegalArgumentException if the network's classes are not those of the data
     * @throws IOException if not one image can be used, or a logit is not finite
     * @throws InterruptedException if the thread is interrupted while it waits for images
     * @throws CancellationException if {@code stop} holds before the last batch
     */
    public Calibration calibrate(
            TrainedModel model, Dataset images, @Nullable RejectionChoice choice, List<Path> others)
            throws IOException, InterruptedException {
        LabeledLogits known = logits(model, images);
        Optional<Unknown> unknown = choice == null
                ? Optional.empty()
                : Optional.of(unknown(known, choice, scores(model, others, choice.score())));
        return new Calibration(TemperatureScaling.of(known), unknown);
    }

    /**
     * Writes a model with the calibrated card, whole or not at all.
     *
     * @param model a run's folder, a {@code .safetensors} file or an {@code .onnx} file
     * @param output of the same kind; empty: the model itself, of a run its best weights
     * @return where it was written
     * @throws IOException if the model cannot be read, or the file cannot be written
     */
    public static Path write(Path model, Optional<Path> output, Calibration calibration) throws IOException {
        if (TrainedModel.isOnnx(model)) {
            OnnxFile file = OnnxFile.read(model);
            Path target = output.orElse(model);
            file.withCard(calibration.applied(file.card())).write(target);
            return target;
        }
        Model weights = TrainedModel.read(model);
        Path target =
                output.orElse(RunFolder.isRun(model) ? RunFolder.open(model).bestWeights() : model);
        ModelFile.write(target, weights.withCard(calibration.applied(weights.card())));
        return target;
    }

    private static Unknown unknown(LabeledLogits known, RejectionChoice choice, double[] others) {
        double[] scores = new double[known.images()];
        Arrays.setAll(scores, i -> choice.score().of(known.logits(i)));
        double threshold = KnownUnknown.threshold(scores, choice.rate());
        boolean hasOthers = others.length > 0;
        return new Unknown(
                new Rejection(choice.score(), threshold, choice.rate()),
                KnownUnknown.rejected(scores, threshold),
                others.length,
                hasOthers ? OptionalDouble.of(KnownUnknown.areaUnderCurve(scores, others)) : OptionalDouble.empty(),
                hasOthers ? OptionalDouble.of(KnownUnknown.falsePositivesAt95(scores, others)) : OptionalDouble.empty(),
                hasOthers ? OptionalDouble.of(KnownUnknown.rejected(others, threshold)) : OptionalDouble.empty());
    }

    /** Logits of labeled images, the background class left out; images of classes that the network does not know are not used. */
    public LabeledLogits logits(TrainedModel model, Dataset images) throws IOException, InterruptedException {
        ClassMap classes = ClassMap.of(model.card(), images.labels());
        LabeledLogits table = new LabeledLogits(classes.outputs().size());
        each(model, images, (logits, label) -> {
            int truth = classes.truths().get(label);
            if (truth != ClassMap.UNKNOWN) {
                float[] taking = new float[classes.outputs().size()];
                for (int k = 0; k < taking.length; k++) {
                    taking[k] = logits[classes.outputs().get(k)];
                }
                table.add(taking, truth);
            }
        });
        if (table.images() == 0) {
            throw new IOException(
                    "not one image is of a class of " + model.card().model() + " and can be used");
        }
        return table;
    }

    private double[] scores(TrainedModel model, List<Path> images, Rejection.Score score) {
        List<Double> scores = new ArrayList<>();
        new Predictor(model, Predictor.of(model).decoder(), stop, true).predict(images, answer -> {
            if (answer.isAnswered()) {
                scores.add(score.of(model.card().withoutBackground(answer.logits())));
            }
        });
        return scores.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** Takes the logits of an image and its label. */
    @FunctionalInterface
    private interface Row {
        void accept(float[] logits, int label);
    }

    private void each(TrainedModel model, Dataset images, Row row) throws IOException, InterruptedException {
        Pipeline pipeline = Pipeline.evaluation(model.card().preprocessing());
        Loader loader = new Loader(images, pipeline, LoaderSettings.evaluation(batchSize, workers));
        int outputs = model.classes();
        try (Loader.Epoch batches = loader.epoch(0)) {
            for (Batch batch = batches.next(); batch != null; batch = batches.next()) {
                Stop.check(stop);
                float[] logits = model.logits(batch);
                for (int i = 0; i < batch.size(); i++) {
                    try {
                        row.accept(Arrays.copyOfRange(logits, i * outputs, (i + 1) * outputs), batch.labels()[i]);
                    } catch (IllegalArgumentException e) {
                        throw new IOException(images.name(batch.indices()[i]) + ": " + e.getMessage(), e);
                    }
                }
            }
        }
    }
}
