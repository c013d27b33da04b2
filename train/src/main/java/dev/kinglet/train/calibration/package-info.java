/**
 * Whether a network is as often right as its scores say, and whether an image is of any of its classes at all: {@link
 * dev.kinglet.train.calibration.TemperatureScaling}, {@link dev.kinglet.train.calibration.Reliability}, and thresholds for
 * unknown images ({@link dev.kinglet.train.calibration.KnownUnknown}), computed of {@link
 * dev.kinglet.train.calibration.LabeledLogits} of validation images.
 *
 * <pre>{@code
 * LabeledLogits images = new LabeledLogits(10);
 * images.add(logits, label); // for each image
 * TemperatureScaling scaling = TemperatureScaling.of(images);
 * double error = scaling.after().expectedCalibrationError();
 * }</pre>
 */
package dev.kinglet.train.calibration;
