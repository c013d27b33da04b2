/**
 * Figures of training and evaluation: {@link dev.kinglet.train.metrics.Evaluation} with its {@link
 * dev.kinglet.train.metrics.ConfusionMatrix}, the {@link dev.kinglet.train.metrics.Predictions} behind it, and one {@link
 * dev.kinglet.train.metrics.EpochResult} per epoch. Classes of data and network are matched by {@link
 * dev.kinglet.train.metrics.ClassMap}.
 *
 * <pre>{@code
 * Evaluation evaluation = Evaluation.of(network, card, images.labels(), loader);
 * System.out.println(evaluation.top1() + " %, " + evaluation.confusion().mistakes(5));
 * }</pre>
 */
package dev.kinglet.train.metrics;
