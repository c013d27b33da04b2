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
}
