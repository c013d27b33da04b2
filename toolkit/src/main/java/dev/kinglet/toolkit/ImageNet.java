package dev.kinglet.toolkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The classes of ImageNet's challenge of 2012, which most published weights were trained on. */
final class ImageNet {
    /** Their number. */
    static final int CLASSES = 1000;

    private static final String NAMES = "imagenet-1k.txt"; // and its license beside it

    private ImageNet() {}

    /** A name for each class, the first word of its synset in WordNet, in the order of the networks' outputs. */
    static List<String> names() {
        try (InputStream in = ImageNet.class.getResourceAsStream(NAMES)) {
            if (in == null) {
                throw new IllegalStateException("the program was built without its " + NAMES);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
