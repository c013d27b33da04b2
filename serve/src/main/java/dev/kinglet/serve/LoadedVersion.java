package dev.kinglet.serve;

import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.ImageLimits;
import dev.kinglet.image.RgbImage;
import dev.kinglet.infer.Classifier;
import dev.kinglet.network.Card;
import dev.kinglet.onnx.OnnxFile;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A version of a model that answers, until its last user has released it. The one who opened it is its first user. Safe for
 * several threads.
 */
final class LoadedVersion {
    private final String model;
    private final String version;
    private final Classifier classifier;
    private final ImageDecoder decoder;
    private final Optional<Cost> cost;
    private final AtomicInteger users = new AtomicInteger(1);

    /** What one image costs. */
    record Cost(long parameters, long macs) {}

    /**
     * @param classifier closed with the last user
     * @param cost where it is known
     * @param limits of encoded images
     */
    LoadedVersion(String model, String version, Classifier classifier, Optional<Cost> cost, ImageLimits limits) {
        this.model = model;
        this.version = version;
        this.classifier = classifier;
        this.cost = cost;
        this.decoder =
                new ImageDecoder(limits, classifier.card().preprocessing().orientation());
    }

    String model() {
        return model;
    }

    String version() {
        return version;
    }

    Classifier classifier() {
        return classifier;
    }

    Card card() {
        return classifier.card();
    }

    Optional<Cost> cost() {
        return cost;
    }

    /** Outputs of the network, the background class included. */
    int classes() {
        return card().labels().size();
    }

    /** Names of the outputs. */
    List<String> outputs() {
        return classifier.features().isPresent()
                ? List.of(OnnxFile.OUTPUT, OnnxFile.EMBEDDING)
                : List.of(OnnxFile.OUTPUT);
    }

    /** Pixels a side of a prepared image. */
    int inputSize() {
        return card().preprocessing().inputSize();
    }

    RgbImage decode(byte[] encoded) throws ImageException {
        return decoder.decode(encoded);
    }

    /** Whether it is still there; if so, the caller is one more user. */
    boolean acquire() {
        return users.updateAndGet(count -> count == 0 ? 0 : count + 1) > 0;
    }

    /** One user less; after the last it is closed. */
    void release() {
        if (users.decrementAndGet() == 0) {
            classifier.close();
            NativeHeap.trim();
        }
    }
}
