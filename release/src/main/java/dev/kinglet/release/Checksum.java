package dev.kinglet.release;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The checksums of a Maven repository, each a file of hexadecimal digits beside the file. */
enum Checksum {
    MD5("MD5", ".md5"),
    SHA1("SHA-1", ".sha1"),
    SHA256("SHA-256", ".sha256"),
    SHA512("SHA-512", ".sha512");

    private final String algorithm;
    private final String ending;

    Checksum(String algorithm, String ending) {
        this.algorithm = algorithm;
        this.ending = ending;
    }

    String ending() {
        return ending;
    }

    /** The content of the file beside the one with this content. */
    byte[] line(byte[] content) {
        try {
            byte[] digest = MessageDigest.getInstance(algorithm).digest(content);
            return HexFormat.of().formatHex(digest).getBytes(StandardCharsets.US_ASCII);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has " + algorithm, e);
        }
    }
}
