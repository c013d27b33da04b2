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
    private final Runnable stop;

    private Samples(Card card, List<RgbImage> images, List<OptionalInt> labels, Runnable stop) {
        this.card = card;
        this.images = List.copyOf(images);
        this.labels = List.copyOf(labels);
        this.stop = stop;
    }

    /**
     * Reads and prepares images. An image in a folder named after a class is of that class.
     *
     * @param card of the network
     * @param unreadable notified of each image that cannot be read or decoded, which is left out
     * @param stop called before each image, now and whenever they are run; what it throws ends the work
     */
    public static Samples read(List<Path> files, Card card, Consumer<ImageException> unreadable, Runnable stop) {
        ImageDecoder decoder = new ImageDecoder(ImageLimits.defaults());
        Pipeline pipeline = Pipeline.evaluation(card.preprocessing());
        List<RgbImage> images = new ArrayList<>();
        List<OptionalInt> labels = new ArrayList<>();
        for (Path file : files) {
            stop.run();
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
        return new Samples(card, images, labels, stop);
    }

    /** Number of images. */
    public int size() {
        return images.size();
    }

    /** The first {@code count} images, or all if there are fewer. */
    Samples first(int count) {
        int available = Math.min(count, size());
        return new Samples(card, images.subList(0, available), labels.subList(0, available), stop);
    }

    /** The images as a file's input. */
    SessionPool.Images as(InputType type) {
        Feed feed = Feed.of(type, card.preprocessing());
        return (first, count, buffer) -> {
            stop.run();
            images.subList(first, first + count).forEach(image -> feed.put(image, buffer));
        };
    }

    /** The class of each image, where it is known. */
    List<OptionalInt> labels() {
        return labels;
    }
}
