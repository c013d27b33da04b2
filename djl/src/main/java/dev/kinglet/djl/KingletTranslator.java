package dev.kinglet.djl;

import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.Batchifier;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.ImageLimits;
import dev.kinglet.image.Normalizer;
import dev.kinglet.image.Pipeline;
import dev.kinglet.image.RgbImage;
import dev.kinglet.infer.LabeledScore;
import dev.kinglet.network.Card;
import dev.kinglet.onnx.InputType;
import dev.kinglet.onnx.OnnxFile;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;

/**
 * Translator of a file that Kinglet exported: images are prepared by the file's card, with Kinglet's own decoder, resizing
 * and normalization; logits become the scores of {@link LabeledScore}, of all classes but the background, best first.
 * Needs no arithmetic of DJL's arrays, and so no second engine. Safe for several threads.
 *
 * @param <I> type of the input
 */
public final class KingletTranslator<I> implements Translator<I, Classifications> {
    private final Card card;
    private final InputType inputType;
    private final Pipeline pipeline;
    private final Normalizer normalizer;
    private final Decoding<I> decoding;

    /** An input as pixels. */
    @FunctionalInterface
    private interface Decoding<I> {
        RgbImage pixels(I input, NDManager manager) throws ImageException;
    }

    private KingletTranslator(OnnxFile file, Decoding<I> decoding) {
        this.card = file.card();
        this.inputType = file.inputType();
        this.pipeline = Pipeline.evaluation(card.preprocessing());
        this.normalizer = new Normalizer(card.preprocessing());
        this.decoding = decoding;
    }

    /**
     * A translator for inputs of one type. An image file ({@link Path}) and its contents ({@code byte[]}) are decoded
     * here, as {@link dev.kinglet.infer.Classifier} does, the EXIF orientation included if the card says so. An {@link Image}
     * has been decoded by DJL, whose decoder is Java's or OpenCV's by its own options: its pixels are taken as they are,
     * which differ by some values of a JPEG and know no orientation.
     *
     * @param limits of each image that is decoded here
     * @throws IllegalArgumentException if {@code input} is of another type
     */
    public static <I> KingletTranslator<I> of(OnnxFile file, Class<I> input, ImageLimits limits) {
        ImageDecoder decoder =
                new ImageDecoder(limits, file.card().preprocessing().orientation());
        Decoding<I> decoding;
        if (input == Path.class) {
            decoding = (image, manager) -> decoder.read((Path) image);
        } else if (input == byte[].class) {
            decoding = (image, manager) -> decoder.decode((byte[]) image);
        } else if (input == Image.class) {
            decoding = (image, manager) -> pixels((Image) image, manager);
        } else {
            throw new IllegalArgumentException(
                    "the input is a Path, byte[] or ai.djl.modality.cv.Image, not " + input.getTypeName());
        }
        return new KingletTranslator<>(file, decoding);
    }

    private static RgbImage pixels(Image image, NDManager manager) {
        try (NDArray pixels = image.toNDArray(manager, Image.Flag.COLOR)) { // [height, width, 3]
            return new RgbImage(image.getWidth(), image.getHeight(), bytes(pixels));
        }
    }

    private static byte[] bytes(NDArray array) {
        ByteBuffer buffer = array.toByteBuffer();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    /** {@code [3, height, width]} of one image. */
    @Override
    public NDList processInput(TranslatorContext context, I input) throws ImageException {
        NDManager manager = context.getNDManager();
        RgbImage prepared = pipeline.apply(decoding.pixels(input, manager));
        Shape shape = new Shape(3, prepared.height(), prepared.width());
        return new NDList(
                switch (inputType) {
                    case FLOAT32 -> manager.create(normalized(prepared), shape, DataType.FLOAT32);
                    case UINT8 -> manager.create(ByteBuffer.wrap(prepared.planes()), shape, DataType.UINT8);
                });
    }

    private FloatBuffer normalized(RgbImage prepared) {
        FloatBuffer values = FloatBuffer.allocate(3 * prepared.width() * prepared.height());
        normalizer.normalize(prepared, values);
        return values.rewind();
    }

    /** @throws IllegalStateException if a logit is not finite, as damaged weights make them */
    @Override
    public Classifications processOutput(TranslatorContext context, NDList logits) {
        float[] values = logits.singletonOrThrow().toFloatArray();
        try {
            var scores = LabeledScore.ranked(values, card, values.length);
            return new Classifications(
                    scores.stream().map(LabeledScore::label).toList(),
                    scores.stream().map(LabeledScore::score).toList());
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException(card.model() + " gives no usable answer: " + e.getMessage(), e);
        }
    }

    /** Stacks images without arithmetic of DJL's arrays, which those of ONNX Runtime have not. */
    @Override
    public Batchifier getBatchifier() {
        return Stacking.INSTANCE;
    }
}
