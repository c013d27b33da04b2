package dev.kinglet.train.metrics;

/**
 * What one training step found, before it changed the weights.
 *
 * @param loss mean over the batch, label smoothing and mixed targets included; not finite if the run diverged
 * @param correct images whose highest logit was that of the class with the greater part of the target, the label's where
 *     nothing is mixed
 */
public record StepResult(double loss, int correct) {}
