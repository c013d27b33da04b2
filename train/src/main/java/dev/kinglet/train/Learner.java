package dev.kinglet.train;

import dev.kinglet.base.Figures;
import dev.kinglet.base.Plural;
import dev.kinglet.image.Batch;
import dev.kinglet.image.explain.Explainer;
import dev.kinglet.network.Card;
import dev.kinglet.network.Costs;
import dev.kinglet.train.metrics.Scorer;
import dev.kinglet.train.metrics.StepResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A network being trained, whatever computes it. It owns weights and optimizer state until closed; the loop that drives
 * it owns everything else (schedule, order of the data, records). Not thread-safe.
 */
public interface Learner extends Scorer, AutoCloseable {
    /**
     * Number of images that a training batch needs at least: a batch normalization over one value per channel and image has
     * no variance in a batch of one.
     */
    default int minimumBatch() {
        return 1;
    }

    /**
     * One optimizer step on the images of some batches, whose gradients are accumulated: each batch by itself for batch
     * normalization, the mean over all images for the loss. If the loss is not finite the weights stay as they were, and
     * the caller sees it in the result.
     *
     * <p>In a process group all processes make the step together, each on batches of its own, and all have the same weights
     * after it. Batch normalization's statistics are of each process's own batches.
     *
     * @param batches one or more, or none where other processes have some; a batch's targets are {@link Batch#labelFraction()}
     *     of its labels and the rest of the mixed-in labels
     * @param images of the step, those of other processes included
     * @param learningRate of this step
     * @return how many of the batches' images were right, and the sum of their losses, divided by {@code images}: the mean loss
     *     where there is one process, a process's part of it where there are several
     * @throws java.io.UncheckedIOException if another process has failed
     */
    StepResult step(List<Batch> batches, int images, double learningRate);

    /** A step on these batches alone; the result has the mean loss. */
    default StepResult step(List<Batch> batches, double learningRate) {
        return step(batches, batches.stream().mapToInt(Batch::size).sum(), learningRate);
    }

    /** A step on one batch. */
    default StepResult step(Batch batch, double learningRate) {
        return step(List.of(batch), learningRate);
    }

    /** Costs of one image at the size it is trained with; empty if they are not known. */
    default Optional<Costs> costs() {
        return Optional.empty();
    }

    /**
     * How much of a network is trained where its first blocks are frozen.
     *
     * @param blocks that are frozen, of {@code allBlocks}
     * @param trained parameters, of {@code parameters}
     */
    record Frozen(int blocks, int allBlocks, long trained, long parameters) {
        private static final int EXACT_BELOW = 100_000; // parameters

        /** {@code 3 of 12 blocks frozen, 1.20 M of 3.50 M parameters train}. */
        @Override
        public String toString() {
            return blocks + " of " + Plural.of(allBlocks, "block") + " frozen, " + figure(trained) + " of "
                    + figure(parameters) + " parameters train";
        }

        private static String figure(long count) {
            return count < EXACT_BELOW ? Long.toString(count) : Figures.millions(count);
        }
    }

    /** What is frozen; empty if everything is trained. */
    default Optional<Frozen> frozen() {
        return Optional.empty();
    }

    /** What the log of a run is to say of the learner, one line each. */
    default List<String> notes() {
        return List.of();
    }

    /** The network with the average of the weights over the steps so far; empty if none is kept. */
    default Optional<Scorer> average() {
        return Optional.empty();
    }

    /**
     * Makes the batch normalization statistics of {@link #average} the mean of those of the batches that it was called with
     * since the last step, this one included.
     *
     * @throws IllegalStateException if no average is kept
     */
    default void estimateNormalization(Batch batch) {
        throw new IllegalStateException("no average of the weights is kept");
    }

    /**
     * Gives every process of the group rank 0's running statistics of batch normalization, those of {@link #average} too. All
     * processes call it together.
     *
     * @throws IOException if another process has failed
     */
    default void shareStatistics() throws IOException {}

    /** Calculates with so many threads from now on; sums may be rounded otherwise. */
    default void useThreads(int threads) {}

    /**
     * Removes the weights that are due by now in a network that is pruned while it trains. Called before every step.
     *
     * @param progress fraction of the training that is done, in [0, 1]; 1 with the last step
     * @return whether any were removed; earlier evaluations are of another network then
     */
    default boolean prune(double progress) {
        return false;
    }

    /**
     * What shows where in an image the network finds a class, with the weights of a file that {@link #saveWeights} or {@link
     * #saveAverage} has written; empty if the learner knows no such thing. This learner's own weights stay as they are.
     *
     * @return the caller closes it
     * @throws IllegalArgumentException if the network has no such maps; the message says why
     * @throws IOException if the file cannot be read
     */
    default Optional<Explainer> explainer(Path weights) throws IOException {
        return Optional.empty();
    }

    /** Whether every weight, and every statistic that goes into a file of weights, is finite. */
    boolean weightsAreFinite();

    /** Writes the weights as they are, whole or not at all, with the card in the file's metadata. */
    void saveWeights(Path file, Card card) throws IOException;

    /**
     * Writes the average of the weights, likewise.
     *
     * @throws IllegalStateException if none is kept
     */
    default void saveAverage(Path file, Card card) throws IOException {
        throw new IllegalStateException("no average of the weights is kept");
    }

    /**
     * Writes everything needed to go on exactly here (weights, optimizer state, random state), whole or not at all.
     *
     * @param loopState entries that the loop gets back from {@link #loadCheckpoint}
     */
    void saveCheckpoint(Path file, Map<String, String> loopState) throws IOException;

    /**
     * Goes back to a checkpoint.
     *
     * @return the loop's state as it was saved
     * @throws IOException if the file is damaged or is of another network; nothing has changed then
     */
    Map<String, String> loadCheckpoint(Path file) throws IOException;

    @Override
    void close();
}
