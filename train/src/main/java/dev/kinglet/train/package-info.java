/**
 * What a training run needs and gives: the {@link dev.kinglet.train.Learner}, which owns the weights and does the
 * arithmetic, the {@link dev.kinglet.train.TrainingListener}, which hears of its progress, and the {@link
 * dev.kinglet.train.TrainingResult}. The loop between them is {@code dev.kinglet.train.run}.
 *
 * <pre>{@code
 * TrainingListener progress = new TrainingListener() {
 *     public void onEpoch(EpochResult result, boolean best) {
 *         System.out.println(result);
 *     }
 * };
 * }</pre>
 */
package dev.kinglet.train;
