package dev.kinglet.infer;

/**
 * Hears of every call of a {@link Classifier}, for an application's metrics. Called on the caller's thread before the
 * caller gets its answer, so it is to be quick and safe for several threads. What it throws is logged and goes no
 * further: a broken counter costs no answer.
 */
public interface ClassifierListener {
    /** A call has been answered. */
    void answered(CallTimes times);

    /**
     * A call has failed.
     *
     * @param times up to the failure
     * @param reason what the caller is about to be thrown, such as a {@link dev.kinglet.image.ImageException}
     */
    void failed(CallTimes times, Throwable reason);
}
