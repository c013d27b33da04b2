package dev.kinglet.infer;

import dev.kinglet.data.ImageDecoder;
import dev.kinglet.data.ImageException;
import dev.kinglet.data.ImageLimits;
import dev.kinglet.data.Pipeline;
import dev.kinglet.data.RgbImage;
import dev.kinglet.network.Card;
import dev.kinglet.onnx.InputType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Pictures to look at an exported network with, in memory, prepared as its card says but for the normalisation.
 */
public final class Samples {
    private final Card card;
    private final List<RgbImage> pictures;
    private final List<OptionalInt> labels;

    private Samples(Card card, List<RgbImage> pictures, List<OptionalInt> labels) {
        this.card = card;
        this.pictures = List.copyOf(pictures);
        this.labels = List.copyOf(labels);
    }

    /**
     * Reads and prepares pictures. One in a folder that has the name of a class is of that class.
     *
     * @param card of the network
     * @param unreadable is told of those that cannot be read or decoded, which are left out
     */
    public static Samples read(List<Path> files, Card card, Consumer<ImageException> unreadable) {
        ImageDecoder decoder = new ImageDecoder(ImageLimits.standard());
        Pipeline pipeline = Pipeline.evaluation(card.preprocessing());
        List<RgbImage> pictures = new ArrayList<>();
        List<OptionalInt> labels = new ArrayList<>();
        for (Path file : files) {
            try {
                pictures.add(pipeline.apply(decoder.read(file), new SplittableRandom(0))); // leaves nothing to chance
            } catch (ImageException e) {
                unreadable.accept(e);
                continue;
            }
            Path folder = file.toAbsolutePath().getParent();
            int label = folder == null ? -1 : card.labels().indexOf(String.valueOf(folder.getFileName()));
            labels.add(label < 0 ? OptionalInt.empty() : OptionalInt.of(label));
        }
        return new Samples(card, pictures, labels);
    }

    /** How many pictures. */
    public int size() {
        return pictures.size();
    }

    /** The first of them, or all if there are no more. */
    Samples first(int count) {
        int most = Math.min(count, size());
        return new Samples(card, pictures.subList(0, most), labels.subList(0, most));
    }

    /** As a file takes them. */
    SessionPool.Pictures as(InputType type) {
        Feed feed = Feed.of(type, card.preprocessing());
        return (first, count, buffer) ->
                pictures.subList(first, first + count).forEach(picture -> feed.put(picture, buffer));
    }

    /** The class of each picture, where it is known. */
    List<OptionalInt> labels() {
        return labels;
    }
}
