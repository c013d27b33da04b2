package dev.kinglet.oip;

import java.util.OptionalInt;

/**
 * Body of a request or an answer over REST.
 *
 * @param bytes JSON, and after it the binary tensors if there are any; not copied
 * @param headerLength bytes of the JSON, for the header {@link RestCodec#HEADER_LENGTH}; none where all is JSON
 */
@SuppressWarnings("ArrayRecordComponent") // the bytes as they go over the wire
public record RestMessage(byte[] bytes, OptionalInt headerLength) {
    /** All JSON. */
    public static RestMessage json(byte[] bytes) {
        return new RestMessage(bytes, OptionalInt.empty());
    }
}
