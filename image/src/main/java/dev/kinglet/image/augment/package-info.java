/**
 * Augmentation of training images, each as Pillow, torchvision or timm computes it: RandAugment, color jitter, random
 * rotation and random erasing of single images, MixUp and CutMix of batches, AlexNet's lighting noise. An
 * {@link dev.kinglet.image.augment.Augmentation} makes a {@link dev.kinglet.image.Pipeline} of them.
 *
 * <pre>{@code
 * Augmentation augmentation = new Augmentation(Augmentation.Cropping.randomResized(0.08), 0.5);
 * Pipeline pipeline = augmentation.pipeline(preprocessing);
 * RgbImage augmented = pipeline.apply(image, RandomStreams.ofImage(seed, epoch, index));
 * }</pre>
 */
package dev.kinglet.image.augment;
