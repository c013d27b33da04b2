package dev.kinglet.pickle;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** What Python wrote; {@code record.py} beside the file records it again. */
final class RecordedPickles {
    private RecordedPickles() {}

    static byte[] get(String name, int protocol) {
        try (InputStream in = RecordedPickles.class.getResourceAsStream("pickles.txt")) {
            if (in == null) {
                throw new AssertionError("pickles.txt is not beside the tests");
            }
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .map(line -> line.split(" "))
                    .filter(line -> line[0].equals(name) && line[1].equals(Integer.toString(protocol)))
                    .map(line -> Base64.getDecoder().decode(line[2]))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no pickle " + name + " of protocol " + protocol));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
