package dev.kinglet.serve;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;

/** Elements of a tensor of encoded images: files as they are, or in base64, as JSON needs them. */
final class EncodedImages {
    private static final int MAX_SCHEME = 32; // characters to look at for an address

    private EncodedImages() {}

    /**
     * The bytes of a file.
     *
     * @throws Refusal if they are an address: the server fetches nothing
     */
    static byte[] of(byte[] element) {
        if (element.length == 0 || !isText(element)) {
            return element;
        }
        String start = new String(element, 0, Math.min(element.length, MAX_SCHEME), StandardCharsets.US_ASCII)
                .toLowerCase(Locale.ROOT);
        int data = start.startsWith("data:") ? indexOf(element, ',') + 1 : 0;
        if (data == 0 && start.matches("[a-z][a-z0-9+.-]*://.*")) {
            throw Refusal.invalid(
                    "image URLs are refused, because fetching them would allow server-side request forgery;"
                            + " send the file's bytes");
        }
        try {
            byte[] text = new byte[element.length - data];
            System.arraycopy(element, data, text, 0, text.length);
            return Base64.getMimeDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            return element; // the decoder says what it is
        }
    }

    /** No format of an image begins with letters and digits alone for so long. */
    private static boolean isText(byte[] element) {
        for (int i = 0; i < Math.min(element.length, MAX_SCHEME); i++) {
            if ((element[i] < ' ' && element[i] != '\r' && element[i] != '\n') || element[i] > '~') {
                return false;
            }
        }
        return true;
    }

    private static int indexOf(byte[] element, char wanted) {
        for (int i = 0; i < Math.min(element.length, 256); i++) {
            if (element[i] == wanted) {
                return i;
            }
        }
        return -1;
    }
}
