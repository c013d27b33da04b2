package dev.kinglet.train.metrics;

import dev.kinglet.data.Loader;
import dev.kinglet.image.Batch;
import dev.kinglet.network.Card;
import dev.kinglet.train.distributed.ProcessGroup;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Accuracy and loss of a network on labeled images.
 *
 * @param top5 images whose class was among the five highest logits, or among all of a network with fewer, in percent
 * @param loss mean cross-entropy, without label smoothing
 * @param skipped images that could not be used, and count nowhere else
 * @param unknown images of classes that the network does not know, which count nowhere else
 * @param imagesPerSecond reading and decoding included
 */
public record Evaluation(
        double top5, double loss, long skipped, long unknown, double imagesPerSecond, ConfusionMatrix confusion) {
    /**
     * Scores every image of a loader once, in evaluation mode.
     *
     * <p>Classes are matched to outputs as {@link ClassMap} says. A background class is left out before the softmax,
     * unless the data has it.
     *
     * @param card of the network
     * @param dataLabels of the loader's data set
     * @throws IllegalArgumentException if the network's classes are not those of the data
     * @throws IOException if no image could be used or scored
     * @throws InterruptedException if the thread is interrupted while it waits for images
     */
    public static Evaluation of(Scorer scorer, Card card, List<String> dataLabels, Loader loader)
            throws IOException, InterruptedException {
        return of(scorer, card, dataLabels, List.of(loader));
    }

    /**
     * The same of several views of each image, such as {@link dev.kinglet.image.Views} makes: their logits' mean counts.
     *
     * @param views loaders of the same images in the same order and in batches of the same size; at least one
     */
    public static Evaluation of(Scorer scorer, Card card, List<String> dataLabels, List<Loader> views)
            throws IOException, InterruptedException {
        return of(scorer, card, dataLabels, views, prediction -> {});
    }

    /** The same, with the answer to each image given to {@code listener}. */
    public static Evaluation of(
            Scorer scorer, Card card, List<String> dataLabels, List<Loader> views, Consumer<Prediction> listener)
            throws IOException, InterruptedException {
        return of(scorer, card, dataLabels, views, images -> true, listener).orElseThrow();
    }

    /** The same; empty if {@code goOn}, given the number of images done, says no. */
    public static Optional<Evaluation> of(
            Scorer scorer,
            Card card,
            List<String> dataLabels,
            List<Loader> views,
            LongPredicate goOn,
            Consumer<Prediction> listener)
            throws IOException, InterruptedException {
        Tally tally = tally(scorer, card, dataLabels, listener, null);
        long begin = System.nanoTime();
        return score(tally, scorer, views, goOn)
                ? Optional.of(evaluation(tally, views.get(0).skippedCount(), begin))
                : Optional.empty();
    }

    /**
     * The same in several processes, of which each scores a part of the batches. All get the evaluation of all images, as one
     * process would.
     *
     * @param views loaders of this process's shard
     * @param images of the data set
     * @param goOn where it says no in one of the processes, the result is empty in all
     */
    public static Optional<Evaluation> of(
            ProcessGroup group,
            Scorer scorer,
            Card card,
            List<String> dataLabels,
            List<Loader> views,
            int images,
            LongPredicate goOn,
            Consumer<Prediction> listener)
            throws IOException, InterruptedException {
        if (group.size() == 1) {
            return of(scorer, card, dataLabels, views, goOn, listener);
        }
        SharedAnswers shared = new SharedAnswers(group, images);
        Tally tally = tally(scorer, card, dataLabels, listener, shared);
        long begin = System.nanoTime();
        boolean stopped;
        try {
            stopped = !score(tally, scorer, views, goOn);
        } catch (InterruptedException e) {
            stopped = true; // told to the others first
            Thread.currentThread().interrupt();
        }
        long skipped = shared.count(tally, views.get(0).skippedCount(), stopped);
        return skipped < 0 ? Optional.empty() : Optional.of(evaluation(tally, skipped, begin));
    }

    private static Evaluation evaluation(Tally tally, long skipped, long begin) throws IOException {
        tally.skip(skipped);
        return tally.totals().evaluation((System.nanoTime() - begin) / 1e9);
    }

    /** Scores the images of the loaders; false if {@code goOn} said no. */
    private static boolean score(Tally tally, Scorer scorer, List<Loader> views, LongPredicate goOn)
            throws IOException, InterruptedException {
        List<Loader.Epoch> epochs = new ArrayList<>();
        try {
            for (Loader view : views) {
                epochs.add(view.epoch(0));
            }
            for (Batch batch = epochs.get(0).next();
                    batch != null;
                    batch = epochs.get(0).next()) {
                float[] sum = scorer.logits(batch);
                for (Loader.Epoch other : epochs.subList(1, epochs.size())) {
                    add(sum, scorer, other.next(), batch);
                }
                for (int i = 0; i < sum.length; i++) {
                    sum[i] /= views.size();
                }
                tally.add(sum, batch);
                if (!goOn.test(tally.images())) {
                    return false;
                }
            }
        } finally {
            epochs.forEach(Loader.Epoch::close);
        }
        return true;
    }

    private static void add(float[] sum, Scorer scorer, @Nullable Batch view, Batch first) {
        if (view == null || !Arrays.equals(view.indices(), first.indices())) {
            throw new IllegalStateException("the views of a batch are not of the same images");
        }
        float[] logits = scorer.logits(view);
        for (int i = 0; i < sum.length; i++) {
            sum[i] += logits[i];
        }
    }

    private static Tally tally(
            Scorer scorer,
            Card card,
            List<String> dataLabels,
            Consumer<Prediction> listener,
            @Nullable SharedAnswers shared) {
        if (scorer.classes() != card.labels().size()) {
            throw new IllegalArgumentException(card.model() + " has " + scorer.classes()
                    + " outputs, but its card names " + card.labels().size() + " classes");
        }
        return new Tally(ClassMap.of(card, dataLabels), card.temperature(), scorer.classes(), listener, shared);
    }

    /** Images whose highest logit was their class's, in percent. */
    public double top1() {
        return 100.0 * confusion.correct() / confusion.images();
    }

    /** The rest to 100 in decimals: 8.27 for 91.73, which floating point makes 8.269999999999996. */
    public static double error(double percent) {
        return BigDecimal.valueOf(100).subtract(BigDecimal.valueOf(percent)).doubleValue();
    }

    /** Images that were scored. */
    public long images() {
        return confusion.images();
    }
}
