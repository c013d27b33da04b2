/**
 * Images whose labels are likely wrong, by confident learning ({@link dev.kinglet.train.suspects.ConfidentLearning}) on scores
 * that a classifier gives to images it was not trained on, such as those of a {@link dev.kinglet.train.suspects.LinearProbe} on
 * embeddings.
 *
 * <pre>{@code
 * ClassScores scores = new LinearProbe(5, seed).scores(embeddings, labels, classes, () -> {});
 * for (Suspect suspect : ConfidentLearning.of(scores).suspects()) { // the most suspicious first
 *     System.out.println(suspect.image() + ": " + suspect.label() + ", likely " + suspect.likely());
 * }
 * }</pre>
 */
package dev.kinglet.train.suspects;
