package dev.kinglet.toolkit;

import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/** The end of work that its caller no longer wants, between two of its steps. */
final class Stop {
    private Stop() {}

    /** @throws CancellationException if the condition holds */
    static void check(BooleanSupplier condition) {
        if (condition.getAsBoolean()) {
            throw new CancellationException("stopped");
        }
    }
}
