package dev.kinglet.train;

/**
 * What one training step found, before it changed the weights.
 *
 * @param loss mean over the batch, label smoothing included; not finite if the run diverged
 * @param correct pictures whose highest logit was their label's
 */
public record StepResult(double loss, int correct) {}
