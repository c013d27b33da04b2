/**
 * The training loop. A {@link dev.kinglet.train.Trainer} drives a {@link dev.kinglet.train.Learner}, which owns the
 * weights and does the arithmetic, over a data set: epochs of steps, an evaluation after each, and the records of a {@link
 * dev.kinglet.train.run.RunFolder}. A stopped or killed run is resumed from its newest checkpoint and ends as if nothing
 * had happened.
 *
 * <pre>{@code
 * RunFolder run = RunFolder.create(config, training.labels());
 * Trainer trainer = new Trainer(run, learner, training, validation, Map.of(), TrainingListener.NONE);
 * TrainingResult result = trainer.train();
 * }</pre>
 */
package dev.kinglet.train;
