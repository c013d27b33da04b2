/**
 * Augmentation of training images, each as Pillow, torchvision or timm computes it: RandAugment, color jitter, random
 * rotation and random erasing of single images, MixUp and CutMix of batches, AlexNet's lighting noise. A transform is an
 * {@link dev.kinglet.image.ImageTransform} that stands in a {@link dev.kinglet.image.Pipeline}.
 *
 * <pre>{@code
 * List<ImageTransform> transforms = new ArrayList<>(Pipeline.randomResizedCrop(preprocessing, 0.08, 0.5).transforms());
 * transforms.add(RandAugment.parse("rand-m9-mstd0.5"));
 * RgbImage augmented = new Pipeline(transforms).apply(image, RandomStreams.ofImage(seed, epoch, index));
 * }</pre>
 */
package dev.kinglet.image.augment;
