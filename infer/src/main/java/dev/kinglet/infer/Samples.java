package dev.kinglet.infer;

import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.ImageLimits;
import dev.kinglet.image.Pipeline;
import dev.kinglet.image.RgbImage;
import dev.kinglet.network.Card;
import dev.kinglet.onnx.InputType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Images to calibrate or measure an exported network with, in memory: resized and cropped as its card says, not normalized.
 */
public final class Samples {
    private final Card card;
    private final List<RgbImage> images;
    private final List<OptionalInt> labels;

    private Samples(Card card, List<RgbImage> images, List<OptionalInt> labels) {
        this.card = card;
        this.images = List.copyOf(images);
        this.labels = List.copyOf(labels);
    }

    /**
     * Reads and prepares images. An image in a folder named after a class is of that class.
     *
     * @param card of the network
     * @param unreadable notified of each image that cannot be read or decoded, which is left out
     */
    public static Samples read(List<Path> files, Card card, Consumer<ImageException> unreadable) {
        ImageDecoder decoder = new ImageDecoder(ImageLimits.defaults());
        Pipeline pipeline = Pipeline.evaluation(card.preprocessing());
        List<RgbImage> images = new ArrayList<>();
        List<OptionalInt> labels = new ArrayList<>();
        for (Path file : files) {
            try {
                images.add(pipeline.apply(decoder.read(file), new SplittableRandom(0))); // evaluation is deterministic
            } catch (ImageException e) {
                unreadable.accept(e);
                continue;
            }
            Path folder = file.toAbsolutePath().getParent();
            int label = folder == null ? -1 : card.labels().indexOf(String.valueOf(folder.getFileName()));
            labels.add(label < 0 ? OptionalInt.empty() : OptionalInt.of(label));
        }
        return new Samples(card, images, labels);
    }

    /** Number of images. */
    public int size() {
        return images.size();
    }

    /** The first {@code count} images, or all if there are fewer. */
    Samples first(int count) {
        int available = Math.min(count, size());
        return new Samples(card, images.subList(0, available), labels.subList(0, available));
    }

    /** The images as a file's input. */
    SessionPool.Images as(InputType type) {
        Feed feed = Feed.of(type, card.preprocessing());
        return (first, count, buffer) -> images.subList(first, first + count).forEach(image -> feed.put(image, buffer));
    }

    /** The class of each image, where it is known. */
    List<OptionalInt> labels() {
        return labels;
    }
}
