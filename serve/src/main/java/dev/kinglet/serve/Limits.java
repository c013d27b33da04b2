package dev.kinglet.serve;

import dev.kinglet.image.ImageLimits;
import dev.kinglet.oip.JsonLimits;
import java.time.Duration;

/**
 * What a server takes. A request beyond one of these is refused before any work is done for it, and told which.
 *
 * @param bodyBytes of a request's body, also once it is unpacked, and of a gRPC message
 * @param imagePixels of an encoded image, width times height
 * @param jsonDepth of objects and arrays inside each other
 * @param jsonElements of the tensors of a request in JSON, which are larger there than in binary form
 * @param requestImages of one request
 * @param queueImages that wait, of all requests together
 * @param queueBytes that wait
 * @param batchImages that are run together; a larger request is split
 * @param batchDelay that an image waits for others while another worker is busy; never on an idle server
 * @param timeout of a request, from its headers to its answer; a client's own deadline may be earlier
 * @param connections open at once
 */
public record Limits(
        int bodyBytes,
        long imagePixels,
        int jsonDepth,
        int jsonElements,
        int requestImages,
        int queueImages,
        long queueBytes,
        int batchImages,
        Duration batchDelay,
        Duration timeout,
        int connections) {
    public Limits {
        atLeastOne("max-body", bodyBytes);
        atLeastOne("max-pixels", imagePixels);
        atLeastOne("max-json-depth", jsonDepth);
        atLeastOne("max-json-elements", jsonElements);
        atLeastOne("max-images", requestImages);
        atLeastOne("max-queue", queueImages);
        atLeastOne("max-queue-bytes", queueBytes);
        atLeastOne("max-batch", batchImages);
        atLeastOne("max-connections", connections);
        if (batchDelay.isNegative()) {
            throw new IllegalArgumentException("max-delay is not negative, but " + batchDelay);
        }
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("timeout is longer than 0, not " + timeout);
        }
    }

    private static void atLeastOne(String name, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " is at least 1, not " + value);
        }
    }

    /**
     * 32 MiB a body; 89,478,485 pixels an image, as predict takes; 32 levels and 12,582,912 elements of JSON; 256 images a
     * request; 1024 images and 256 MiB waiting; 8 images a batch without delay; 30 seconds; 4096 connections.
     */
    public static Limits defaults() {
        return new Limits(
                32 << 20,
                ImageLimits.defaults().maxPixels(),
                JsonLimits.defaults().depth(),
                12 << 20,
                256,
                1024,
                256L << 20,
                8,
                Duration.ZERO,
                Duration.ofSeconds(30),
                4096);
    }

    public Limits withBatchDelay(Duration delay) {
        return new Limits(
                bodyBytes,
                imagePixels,
                jsonDepth,
                jsonElements,
                requestImages,
                queueImages,
                queueBytes,
                batchImages,
                delay,
                timeout,
                connections);
    }

    public Limits withTimeout(Duration time) {
        return new Limits(
                bodyBytes,
                imagePixels,
                jsonDepth,
                jsonElements,
                requestImages,
                queueImages,
                queueBytes,
                batchImages,
                batchDelay,
                time,
                connections);
    }

    JsonLimits json() {
        return new JsonLimits(jsonDepth, jsonElements);
    }

    ImageLimits images() {
        return ImageLimits.defaults().withMaxPixels(imagePixels).withMaxBytes(bodyBytes);
    }
}
