/**
 * Images whose labels are likely wrong, by confident learning ({@link dev.kinglet.train.suspects.ConfidentLearning}) on scores
 * that a classifier gives to images it was not trained on, such as {@link dev.kinglet.train.suspects.LinearProbe} on embeddings.
 */
package dev.kinglet.train.suspects;
