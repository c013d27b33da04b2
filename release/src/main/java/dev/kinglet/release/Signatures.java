package dev.kinglet.release;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.bouncycastle.openpgp.PGPException;
import org.bouncycastle.openpgp.PGPPublicKey;
import org.bouncycastle.openpgp.PGPPublicKeyRingCollection;
import org.bouncycastle.openpgp.PGPSignature;
import org.bouncycastle.openpgp.PGPSignatureList;
import org.bouncycastle.openpgp.PGPUtil;
import org.bouncycastle.openpgp.bc.BcPGPObjectFactory;
import org.bouncycastle.openpgp.operator.bc.BcKeyFingerprintCalculator;
import org.bouncycastle.openpgp.operator.bc.BcPGPContentVerifierBuilderProvider;

/** Detached PGP signatures, verified with public keys. */
final class Signatures {
    static final String ENDING = ".asc";

    private final PGPPublicKeyRingCollection keys;

    /**
     * Reads public keys.
     *
     * @param publicKeys armored or binary
     * @throws IOException if the file is missing or has no public key
     */
    Signatures(Path publicKeys) throws IOException {
        try (InputStream file = Files.newInputStream(publicKeys);
                InputStream decoded = PGPUtil.getDecoderStream(file)) {
            keys = new PGPPublicKeyRingCollection(decoded, new BcKeyFingerprintCalculator());
        } catch (PGPException e) {
            throw new IOException(publicKeys + " is not a file of public PGP keys: " + e.getMessage(), e);
        }
        if (keys.size() == 0) {
            throw new IOException(publicKeys + " has no public PGP key");
        }
    }

    /** Why a signature is not one of that content by one of the keys; empty if it is. */
    Optional<String> problem(byte[] content, byte[] signature) {
        try (InputStream decoded = PGPUtil.getDecoderStream(new ByteArrayInputStream(signature))) {
            if (!(new BcPGPObjectFactory(decoded).nextObject() instanceof PGPSignatureList list) || list.isEmpty()) {
                return Optional.of("is no PGP signature");
            }
            PGPSignature first = list.get(0);
            PGPPublicKey key = keys.getPublicKey(first.getKeyID());
            if (key == null) {
                return Optional.of("is signed by another key, %016X".formatted(first.getKeyID()));
            }
            first.init(new BcPGPContentVerifierBuilderProvider(), key);
            first.update(content);
            return first.verify() ? Optional.empty() : Optional.of("is not the signature of this file");
        } catch (IOException | PGPException | RuntimeException e) { // damaged packets are reported in many ways
            return Optional.of("is no readable PGP signature: " + e.getMessage());
        }
    }
}
