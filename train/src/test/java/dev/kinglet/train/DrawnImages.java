package dev.kinglet.train;

import dev.kinglet.data.Dataset;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.RgbImage;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/** Small images in memory, each mostly of its class's color, with noise; some of them cannot be read if one likes. */
public record DrawnImages(int size, long seed, Set<Integer> unreadable) implements Dataset {
    public static final int SIDE = 4;
    private static final List<String> LABELS = List.of("blue", "green", "red");

    public DrawnImages(int size, long seed) {
        this(size, seed, Set.of());
    }

    @Override
    public List<String> labels() {
        return LABELS;
    }

    @Override
    public int label(int index) {
        return index % LABELS.size();
    }

    @Override
    public String name(int index) {
        return LABELS.get(label(index)) + "/" + index + ".png";
    }

    @Override
    public RgbImage image(int index) throws ImageException {
        if (unreadable.contains(index)) {
            throw new ImageException(name(index) + " is not an image");
        }
        SplittableRandom random = new SplittableRandom(seed * 1_000_003 + index);
        byte[] rgb = new byte[SIDE * SIDE * 3];
        for (int i = 0; i < rgb.length; i++) {
            int own = i % 3 == 2 - label(index) ? 60 : 0;
            rgb[i] = (byte) (random.nextInt(190) + own);
        }
        return new RgbImage(SIDE, SIDE, rgb);
    }
}
