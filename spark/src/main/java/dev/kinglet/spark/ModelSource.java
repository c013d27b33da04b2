package dev.kinglet.spark;

import dev.kinglet.network.Card;
import dev.kinglet.onnx.OnnxException;
import dev.kinglet.onnx.OnnxFile;
import java.io.IOException;
import java.io.Serializable;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;
import scala.reflect.ClassTag$;

/**
 * An exported model on its way to the executors. It was checked on the driver. An executor that has a model of the same
 * digest open does not ask for its bytes.
 */
public final class ModelSource implements Serializable {
    private static final long serialVersionUID = 1L;

    private final String name;
    private final String digest;
    private final byte @Nullable [] inline;
    private final @Nullable Broadcast<byte[]> broadcast;
    private transient @Nullable OnnxFile checked; // on the driver

    private ModelSource(
            String name, OnnxFile checked, byte @Nullable [] inline, @Nullable Broadcast<byte[]> broadcast) {
        this.name = name;
        this.checked = checked;
        this.digest = sha256(checked.bytes());
        this.inline = inline;
        this.broadcast = broadcast;
    }

    /**
     * A file that goes to each executor once, by a broadcast.
     *
     * @param spark not a session of Spark Connect, which has no broadcasts; see {@link #inline}
     * @param file a path or address of any file system that Hadoop knows
     * @throws IOException if it cannot be read or is no file that Kinglet exports; the message names it
     */
    public static ModelSource broadcast(SparkSession spark, String file) throws IOException {
        byte[] bytes = new HadoopFiles(HadoopFiles.settings(spark)).read(file, Integer.MAX_VALUE - 64);
        OnnxFile checked = check(file, bytes);
        return new ModelSource(
                file, checked, null, spark.sparkContext().broadcast(bytes, ClassTag$.MODULE$.apply(byte[].class)));
    }

    /**
     * A file that goes with the description of the work, so to each executor once for each stage. For sessions of Spark
     * Connect.
     *
     * @param name for messages
     * @param bytes of the file; not copied
     * @throws IOException if it is no file that Kinglet exports
     */
    public static ModelSource inline(String name, byte[] bytes) throws IOException {
        return new ModelSource(name, check(name, bytes), bytes, null);
    }

    private static OnnxFile check(String name, byte[] bytes) throws IOException {
        try {
            return OnnxFile.read(bytes);
        } catch (OnnxException e) {
            throw new IOException(name + ": " + e.getMessage(), e);
        }
    }

    /** Name of the file, for messages. */
    public String name() {
        return name;
    }

    /** SHA-256 of the file, in hexadecimal digits. */
    public String digest() {
        return digest;
    }

    /** The card in the file. */
    public Card card() {
        return file().card();
    }

    /**
     * Refuses a model without embeddings.
     *
     * @throws IllegalArgumentException if it is one
     */
    void requireEmbeddings() {
        if (file().features().isEmpty()) {
            throw new IllegalArgumentException(
                    name + " gives no embeddings: it was exported without them; export the network"
                            + " again, by kinglet export --embeddings");
        }
    }

    OnnxFile file() {
        OnnxFile known = checked;
        if (known == null) {
            try {
                known = OnnxFile.read(bytes());
            } catch (OnnxException e) {
                throw new IllegalStateException(
                        name + " was whole on the driver, and is not here: " + e.getMessage(), e);
            }
            checked = known;
        }
        return known;
    }

    private byte[] bytes() {
        if (inline != null) {
            return inline;
        }
        if (broadcast == null) {
            throw new AssertionError(name + " has neither bytes nor a broadcast");
        }
        return broadcast.value();
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return name + " (" + digest.substring(0, 12) + ")";
    }
}
