package dev.kinglet.train;

/** A run whose loss or weights are no longer finite. Its earlier weights and checkpoints stay as they were. */
public final class DivergedException extends Exception {
    private static final long serialVersionUID = 1L;

    public DivergedException(String message) {
        super(message);
    }
}
