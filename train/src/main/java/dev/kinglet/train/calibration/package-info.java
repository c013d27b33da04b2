/**
 * Whether a network is as often right as its scores say, and whether an image is of any of its classes at all: temperature
 * scaling, reliability, and thresholds for unknown images, computed of logits of validation images.
 *
 * <pre>{@code
 * LabeledLogits images = new LabeledLogits(10);
 * images.add(logits, label); // for each image
 * double temperature = Temperature.fit(images);
 * double error = Reliability.of(images, temperature).expectedCalibrationError();
 * }</pre>
 */
@NullMarked
package dev.kinglet.train.calibration;

import org.jspecify.annotations.NullMarked;
