/**
 * A training run: the loop and its records. A {@link dev.kinglet.train.run.Trainer} drives a {@link
 * dev.kinglet.train.Learner} over a data set: epochs of steps, an evaluation after each. The records are the {@link
 * dev.kinglet.train.run.RunFolder} with configuration, checkpoints and weights, its log, the events for TensorBoard, the
 * contact sheets and the report. A stopped or killed run is resumed from its newest checkpoint and ends as if nothing had
 * happened.
 *
 * <pre>{@code
 * RunFolder run = RunFolder.create(config, training.labels());
 * Trainer trainer = new Trainer(run, learner, training, validation, Map.of(), TrainingListener.NONE);
 * TrainingResult result = trainer.train();
 * run.results().forEach(System.out::println);
 * }</pre>
 */
package dev.kinglet.train.run;
