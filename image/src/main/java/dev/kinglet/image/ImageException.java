package dev.kinglet.image;

import java.io.IOException;

/** An image that cannot be used: not an image, truncated, too large. The message says what was found. */
public final class ImageException extends IOException {
    private static final long serialVersionUID = 1L;

    public ImageException(String message) {
        super(message);
    }

    public ImageException(String message, Throwable cause) {
        super(message, cause);
    }

    /** The same, said of an image of this name. */
    ImageException of(String name) {
        return name.isEmpty() ? this : new ImageException(name + ": " + getMessage(), this);
    }
}
