package dev.kinglet.infer;

/**
 * Time of one call of a {@link Classifier}, by phase. A phase that a call does not need takes 0.
 *
 * @param images how many images it was given
 * @param decodeNanos reading files and decoding images
 * @param prepareNanos resizing, cropping and normalizing
 * @param waitNanos waiting for a free session; the creation of one included
 * @param runNanos in ONNX Runtime
 */
public record CallTimes(int images, long decodeNanos, long prepareNanos, long waitNanos, long runNanos) {
    /** The sum of all phases. */
    public long totalNanos() {
        return decodeNanos + prepareNanos + waitNanos + runNanos;
    }
}
