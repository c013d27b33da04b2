package dev.kinglet.onnx;

import java.io.IOException;

/** An ONNX file that cannot be used. The message names the file, and the node or tensor that is at fault. */
public final class OnnxException extends IOException {
    private static final long serialVersionUID = 1L;

    public OnnxException(String message) {
        super(message);
    }

    public OnnxException(String message, Throwable cause) {
        super(message, cause);
    }
}
