package dev.kinglet.train;

/** A run whose loss is no longer a number. Its weights and checkpoints from before are as they were. */
public final class DivergedException extends Exception {
    private static final long serialVersionUID = 1L;

    public DivergedException(String message) {
        super(message);
    }
}
