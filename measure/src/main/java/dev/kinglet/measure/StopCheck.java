package dev.kinglet.measure;

/**
 * Asked between two pieces of native work whether a measurement is to go on.
 */
@FunctionalInterface
public interface StopCheck {
    /**
     * Returns if the measurement is to go on.
     *
     * @throws java.util.concurrent.CancellationException if it is to end; the measurement frees what it holds
     */
    void check();
}
