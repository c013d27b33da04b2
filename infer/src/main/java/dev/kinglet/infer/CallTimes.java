package dev.kinglet.infer;

/**
 * Where the time of one call of a {@link Classifier} went. What a call has no need of is 0.
 *
 * @param images how many images it was given
 * @param decodeNanos reading files and decoding images
 * @param prepareNanos resizing, cropping and laying out
 * @param waitNanos for a session, while all were at work; the making of one included
 * @param runNanos in ONNX Runtime
 */
public record CallTimes(int images, long decodeNanos, long prepareNanos, long waitNanos, long runNanos) {
    /** All of them together. */
    public long totalNanos() {
        return decodeNanos + prepareNanos + waitNanos + runNanos;
    }
}
