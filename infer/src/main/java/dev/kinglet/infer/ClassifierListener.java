package dev.kinglet.infer;

/**
 * Listener to the calls of a {@link Classifier}, for an application's metrics. It is notified on the caller's thread before
 * the caller gets its answer, so it must be fast and thread-safe. An exception it throws is logged and goes no further: a
 * broken counter costs no answer.
 */
public interface ClassifierListener {
    /** A call has been answered. */
    void answered(CallTimes times);

    /**
     * A call has failed.
     *
     * @param times up to the failure
     * @param reason the exception the caller is about to get, such as an {@link dev.kinglet.image.ImageException}
     */
    void failed(CallTimes times, Throwable reason);

    /** This listener, and after it another, which is notified even if this one throws. */
    default ClassifierListener and(ClassifierListener other) {
        ClassifierListener first = this;
        return new ClassifierListener() {
            @Override
            public void answered(CallTimes times) {
                try {
                    first.answered(times);
                } finally {
                    other.answered(times);
                }
            }

            @Override
            public void failed(CallTimes times, Throwable reason) {
                try {
                    first.failed(times, reason);
                } finally {
                    other.failed(times, reason);
                }
            }
        };
    }

    /**
     * Time of one call of a {@link Classifier}, by phase. A phase that a call does not need takes 0.
     *
     * @param images how many images it was given
     * @param decodeNanos reading files and decoding images
     * @param prepareNanos resizing, cropping and normalizing
     * @param waitNanos waiting for a free session; the creation of one included
     * @param runNanos in ONNX Runtime
     */
    record CallTimes(int images, long decodeNanos, long prepareNanos, long waitNanos, long runNanos) {
        /** The sum of all phases. */
        public long totalNanos() {
            return decodeNanos + prepareNanos + waitNanos + runNanos;
        }
    }
}
