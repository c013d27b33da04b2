package dev.kinglet.spark;

import java.io.Serial;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A rank has failed; the message is what it said last. */
final class RankFailure extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    private static final String MARK = RankFailure.class.getName() + ": ";

    RankFailure(String message) {
        super(message);
    }

    /** What a rank said, in the text that Spark makes of its tasks' failures; empty if none said anything. */
    static Optional<String> in(Exception failure) {
        for (@Nullable Throwable cause = failure; cause != null; cause = cause.getCause()) {
            Optional<String> said = String.valueOf(cause.getMessage())
                    .lines()
                    .filter(line -> line.contains(MARK))
                    .map(line -> line.substring(line.indexOf(MARK) + MARK.length()))
                    .findFirst();
            if (said.isPresent()) {
                return said;
            }
        }
        return Optional.empty();
    }
}
