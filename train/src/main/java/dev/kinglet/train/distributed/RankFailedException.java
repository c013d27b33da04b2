package dev.kinglet.train.distributed;

import java.io.IOException;

/** Another process of the group has failed, so that this one cannot go on; the message begins with its rank. */
public final class RankFailedException extends IOException {
    private static final long serialVersionUID = 1L;

    public RankFailedException(String message) {
        super(message);
    }
}
