/**
 * Encoded images to the input of a network. {@link dev.kinglet.image.ImageDecoder} decodes JPEG, PNG, GIF, BMP, WebP and TIFF to
 * the pixels that Pillow gives, within limits that are checked before anything is decoded; {@link
 * dev.kinglet.image.Pipeline} resizes and crops them as torchvision does, to the bit; {@link dev.kinglet.image.Normalizer}
 * makes floats of them. Random transforms take their randomness from a {@link dev.kinglet.image.RandomStreams stream} that
 * depends on seed, epoch and image alone.
 *
 * <pre>{@code
 * ImageDecoder decoder = new ImageDecoder(ImageLimits.defaults());
 * Pipeline pipeline = Pipeline.evaluation(preprocessing);
 * RgbImage square = pipeline.apply(decoder.open(Path.of("photo.jpg")));
 * FloatBuffer input = FloatBuffer.allocate(3 * pipeline.side() * pipeline.side());
 * new Normalizer(preprocessing).normalize(square, input);
 * }</pre>
 */
package dev.kinglet.image;
