package dev.kinglet.train.metrics;

/**
 * The answer of a network to one labeled image.
 *
 * @param index of the image in its data set
 * @param predicted class with the highest logit, among {@link ClassMap#labels}
 * @param correct whether that is the image's class
 * @param score softmax of the predicted class, in [0, 1]
 * @param calibrated the same of the logits divided by the card's temperature; without one, the score
 * @param loss cross-entropy; NaN for an image of a class that the network does not know
 */
public record Prediction(int index, int predicted, boolean correct, double score, double calibrated, double loss) {}
