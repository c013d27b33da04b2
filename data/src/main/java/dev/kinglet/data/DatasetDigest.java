package dev.kinglet.data;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;

/**
 * SHA-256 of a listing: one line per image, {@code part TAB name TAB bytes TAB label}, sorted within each part. It
 * depends neither on where the data lies nor on the order in which it is listed.
 */
final class DatasetDigest {
    private final MessageDigest sha256;

    DatasetDigest() {
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    void add(String part, StoredDataset images) {
        List<String> labels = images.labels();
        IntStream.range(0, images.size())
                .mapToObj(i -> part + "\t" + images.name(i) + "\t" + images.bytes(i) + "\t"
                        + labels.get(images.label(i)) + "\n")
                .sorted()
                .forEachOrdered(line -> sha256.update(line.getBytes(StandardCharsets.UTF_8)));
    }

    String hexadecimal() {
        return HexFormat.of().formatHex(sha256.digest());
    }
}
