package dev.kinglet.serve.transport;

import com.linecorp.armeria.common.TlsKeyPair;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The certificate and the key of PEM files, read each time; while they do not fit together, those that did. */
public final class CertificateFiles implements Supplier<TlsKeyPair> {
    private static final Logger LOG = LoggerFactory.getLogger(CertificateFiles.class);
    private static final byte[] MESSAGE = new byte[32];

    private final Path certificate;
    private final Path key;
    private TlsKeyPair good;

    /**
     * @param certificate and its chain, in order
     * @param key without a password
     * @throws IllegalArgumentException if the files are no certificate and its key
     */
    public CertificateFiles(Path certificate, Path key) {
        this.certificate = certificate;
        this.key = key;
        good = read();
    }

    @Override
    public synchronized TlsKeyPair get() {
        try {
            good = read();
        } catch (IllegalArgumentException e) { // one of them may be replaced already, and the other not
            LOG.warn("the certificate before stays: {}", e.getMessage());
        }
        return good;
    }

    private TlsKeyPair read() {
        try {
            TlsKeyPair pair = TlsKeyPair.of(key.toFile(), certificate.toFile());
            if (!fits(pair)) {
                throw new IllegalArgumentException("the key is another certificate's");
            }
            return pair;
        } catch (RuntimeException | GeneralSecurityException e) {
            throw new IllegalArgumentException(
                    certificate + " and " + key + " are no certificate and its key: " + e.getMessage(), e);
        }
    }

    /** Whether the certificate verifies what the key signs. */
    private static boolean fits(TlsKeyPair pair) throws GeneralSecurityException {
        PrivateKey key = pair.privateKey();
        String algorithm = switch (key.getAlgorithm()) {
            case "EC" -> "SHA256withECDSA";
            case "RSA" -> "SHA256withRSA";
            default -> key.getAlgorithm(); // Ed25519, Ed448
        };
        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(key);
        signature.update(MESSAGE);
        byte[] signed = signature.sign();
        signature.initVerify(pair.certificateChain().get(0).getPublicKey());
        signature.update(MESSAGE);
        return signature.verify(signed);
    }
}
