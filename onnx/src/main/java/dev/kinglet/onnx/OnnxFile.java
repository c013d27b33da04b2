package dev.kinglet.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.kinglet.base.AtomicFile;
import dev.kinglet.base.ForeignFile;
import dev.kinglet.base.IoReason;
import dev.kinglet.network.Card;
import dev.kinglet.network.Model;
import dev.kinglet.network.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A network in evaluation mode as an ONNX file that describes itself: IR version 8, opset 17, one input
 * {@code [batch, 3, height, width]} of float32 or uint8 ({@link InputType}), one float32 output {@code [batch, classes]} of
 * logits, if asked for a second one {@code [batch, features]} of embeddings, and the model's card in {@code metadata_props}. Nodes have the names of the network's layers, initializers those
 * of its state.
 *
 * <p>There is no unchecked value of this type. Whether written or read, a file holds only operators that are known here,
 * with attributes that are known here; every name is unique and defined before it is used; every shape
 * follows from the input's and stays within the limits. The {@link #bytes()} are those that were checked.
 */
public final class OnnxFile {
    /** Name of the input in a file written here. */
    public static final String INPUT = "input0";

    /** Name of the output in a file written here. */
    public static final String OUTPUT = "output0";

    /** Name of the second output in a file that has one: what the network's last linear layer reads. */
    public static final String EMBEDDING = "embedding";

    static final long IR_VERSION = 8;
    static final long OPSET = 17;

    private final byte[] bytes;
    private final Contents contents;

    /** Contents of a checked file. */
    record Contents(Card card, String input, InputType inputType, Shape image, String output, OptionalInt features) {}

    private OnnxFile(byte[] bytes, Contents contents) {
        this.bytes = bytes;
        this.contents = contents;
    }

    /**
     * A model as an ONNX file, in memory. Dropout leaves no trace in it; an output that is not a vector is flattened.
     *
     * @throws IllegalArgumentException if the network's input is not what the card's preprocessing makes, or the network
     *     has more than 2^28 weights
     */
    public static OnnxFile of(Model model) {
        return of(model, InputType.FLOAT32);
    }

    /** A model as a file with this input type; see {@link #of(Model)}. */
    public static OnnxFile of(Model model, InputType input) {
        return of(model, input, false);
    }

    /**
     * A model as a file with this input type; see {@link #of(Model)}.
     *
     * @param embeddings whether the features that the network's last linear layer reads are a second output, {@link #EMBEDDING}
     */
    public static OnnxFile of(Model model, InputType input, boolean embeddings) {
        String name = model.network().name();
        Shape image = model.network().input().shape();
        Shape prepared = model.card().preprocessing().shape();
        if (!image.equals(prepared)) {
            throw new IllegalArgumentException(
                    name + " takes " + image + ", but its card's preprocessing makes " + prepared);
        }
        OnnxLimits limits = OnnxLimits.defaults();
        long weights = model.network().state().stream()
                .mapToLong(entry -> entry.parameter().elements())
                .sum();
        if (weights > limits.weights()) {
            throw new IllegalArgumentException(
                    name + " has " + weights + " weights; an ONNX file may hold " + limits.weights());
        }
        return checked(new GraphWriter(model, input, embeddings).write());
    }

    /**
     * A model built in this module, within {@link OnnxLimits#defaults()}.
     *
     * @throws IllegalArgumentException if it is not
     */
    static OnnxFile checked(ModelProto model) {
        try {
            return parse(model.toByteArray(), OnnxLimits.defaults());
        } catch (OnnxException e) {
            throw new IllegalArgumentException(
                    model.getGraph().getName() + " cannot be an ONNX file: " + e.getMessage(), e);
        }
    }

    /**
     * Reads and checks a file; nothing in it is run.
     *
     * @throws OnnxException if there is none, it is no ONNX file, its size or the work of running it goes beyond a limit
     *     (1 GiB of file, 2^28 weights, 2^38 multiply-accumulates), or it is not one Kinglet could
     *     have written
     */
    public static OnnxFile read(Path file) throws OnnxException {
        return read(file, OnnxLimits.defaults());
    }

    /**
     * Checks a file that is in memory; nothing in it is run.
     *
     * @param bytes of the file; not copied, and not to be changed
     * @throws OnnxException as {@link #read(Path)}
     */
    public static OnnxFile read(byte[] bytes) throws OnnxException {
        OnnxLimits limits = OnnxLimits.defaults();
        if (bytes.length > limits.bytes()) {
            throw new OnnxException("the file has " + bytes.length + " bytes; at most " + limits.bytes() + " are read");
        }
        return parse(bytes, limits);
    }

    static OnnxFile read(Path file, OnnxLimits limits) throws OnnxException {
        try {
            return parse(bytesOf(file, limits), limits);
        } catch (IOException e) {
            throw new OnnxException(file + ": " + IoReason.of(e), e);
        }
    }

    private static byte[] bytesOf(Path file, OnnxLimits limits) throws IOException {
        long most = Math.min(limits.bytes(), Integer.MAX_VALUE - 64);
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes((int) most + 1);
            if (bytes.length > most) {
                throw new OnnxException("the file has " + Files.size(file) + " bytes; at most " + most + " are read");
            }
            return bytes;
        }
    }

    private static OnnxFile parse(byte[] bytes, OnnxLimits limits) throws OnnxException {
        try {
            WireCheck.check(bytes, limits.fields());
        } catch (OnnxException e) {
            Optional<String> kind = ForeignFile.describe(bytes);
            if (kind.isPresent()) {
                throw new OnnxException("not an ONNX file but " + kind.get(), e);
            }
            throw e;
        }
        try {
            return new OnnxFile(bytes, new GraphCheck(limits).contents(Protos.model(bytes)));
        } catch (InvalidProtocolBufferException e) {
            throw new OnnxException("not an ONNX file: " + e.getMessage(), e);
        }
    }

    /**
     * The same file with another card, which says nothing else of the network: temperature, rejection, provenance.
     *
     * @throws IllegalArgumentException if the card is of another network, or its preprocessing or classes are not the file's
     */
    public OnnxFile withCard(Card other) {
        Card own = card();
        if (!other.model().equals(own.model())
                || !other.labels().equals(own.labels())
                || !other.preprocessing().equals(own.preprocessing())
                || !other.background().equals(own.background())) {
            throw new IllegalArgumentException("the card is of another network than the file, " + own.model());
        }
        try {
            ModelProto model = ModelProto.parseFrom(bytes);
            ModelProto.Builder changed = model.toBuilder().clearMetadataProps();
            other.toMetadata().forEach((key, value) -> changed.addMetadataProps(Protos.entry(key, value)));
            Set<String> ofCard = own.toMetadata().keySet();
            model.getMetadataPropsList().stream()
                    .filter(entry -> !ofCard.contains(entry.getKey()))
                    .forEach(changed::addMetadataProps);
            return checked(changed.build());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("a file that was checked cannot be read again", e);
        }
    }

    /**
     * The same network with another head: the logit of a class is the cosine similarity of the embedding, less a mean, to
     * the class's prototype, times a scale. The embedding stays the second output.
     *
     * @param mean {@code [features]}, subtracted from an embedding before it is normalized
     * @param weight {@code [classes, features]}, row-major: prototypes of length one, each times the scale
     * @param card with the new classes, and the preprocessing that this file has
     * @throws IllegalArgumentException if the file has no embedding, or the lengths do not agree
     */
    public OnnxFile withPrototypes(float[] mean, float[] weight, Card card) {
        int features = features()
                .orElseThrow(() -> new IllegalArgumentException("the file of " + card().model()
                        + " has no embedding for a prototype head to read; export it with embeddings"));
        if (mean.length != features
                || weight.length != Math.multiplyExact(card.labels().size(), features)
                || !card.preprocessing().equals(card().preprocessing())) {
            throw new IllegalArgumentException("a mean of " + mean.length + " values and prototypes of " + weight.length
                    + " are not for " + card.labels().size() + " classes of " + features
                    + " features, or the preprocessing is not the file's");
        }
        return checked(PrototypeHead.replace(this, mean, weight, card));
    }

    /**
     * Writes the file whole or not at all.
     *
     * @throws IOException if it cannot be written; the message names the file
     */
    public void write(Path file) throws IOException {
        AtomicFile.write(file, out -> out.write(bytes));
    }

    /** The model card in the file's metadata. */
    public Card card() {
        return contents.card();
    }

    /** The input's name. */
    public String input() {
        return contents.input();
    }

    /** The input's data type. */
    public InputType inputType() {
        return contents.inputType();
    }

    /** The shape of one image as the input takes it; equal to {@code card().preprocessing().shape()}. */
    public Shape image() {
        return contents.image();
    }

    /** The name of the output with the logits. */
    public String output() {
        return contents.output();
    }

    /** Length of the embedding of an image; empty in a file without the output {@link #EMBEDDING}. */
    public OptionalInt features() {
        return contents.features();
    }

    /** Number of logits for an image; equal to {@code card().labels().size()}. */
    public int classes() {
        return contents.card().labels().size();
    }

    /** The file itself, as it was checked; not a copy, and not to be changed. */
    public byte[] bytes() {
        return bytes;
    }

    @Override
    public String toString() {
        return card().model() + " " + image() + " -> " + classes() + " classes, " + bytes.length + " bytes of ONNX";
    }
}
