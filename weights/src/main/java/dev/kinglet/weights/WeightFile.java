package dev.kinglet.weights;

import dev.kinglet.base.ForeignFile;
import dev.kinglet.base.Printable;
import dev.kinglet.network.Tensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The content of a file of weights.
 *
 * @param source what to call it in messages: the file, and which part of it
 * @param tensors in the file's order, by the file's names
 * @param metadata entries beside the tensors, in order; empty in formats that have none
 */
public record WeightFile(String source, Tensors tensors, Map<String, String> metadata) {
    private static final int START_BYTES = ForeignFile.START_BYTES;
    private static final int MAGIC_BYTES = 64; // in which the magic number of a torch stream is
    private static final byte[] ZIP = {'P', 'K', 3, 4};
    private static final int HEADER = SafetensorsHeader.LENGTH_BYTES; // where it begins
    private static final byte PICKLE_PROTOCOL = (byte) 0x80;

    public WeightFile {
        metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    }

    /**
     * Reads a file of any of these formats; its content decides which, not its name.
     *
     * <ul>
     *   <li>safetensors, as {@link Safetensors#read(Path)} does.
     *   <li>The files of {@code torch.save}, as a zip or as the stream of versions before 1.6: a state dict, or a dictionary
     *       that has one as {@code state_dict_ema}, {@code state_dict} or {@code model}, the first of these that is there, or else the only one it has.
     *       Tensors of any strides; whatever else is in it is passed over.
     *   <li>The files of {@code paddle.save}: a pickle of numpy arrays, or a checkpoint with a dictionary of them. Names and layout become torch's: {@code _mean} and
     *       {@code _variance} are {@code running_mean} and {@code running_var}, and a {@code weight} of two dimensions, a
     *       linear layer's, is transposed to {@code [out, in]}.
     * </ul>
     *
     * <p>Nothing in a file is run: pickles are read by {@link dev.kinglet.pickle.Unpickler}.
     *
     * @throws WeightsException if it is none of these, malformed, damaged, beyond the limits, or asks for anything but data;
     *     nothing of the size it claims has been allocated unless the file has that size
     */
    public static WeightFile read(Path file) throws IOException {
        return read(file, WeightLimits.defaults());
    }

    static WeightFile read(Path file, WeightLimits limits) throws IOException {
        return read(file, limits, Optional.empty());
    }

    /**
     * Reads one of several dictionaries of tensors in a checkpoint, such as {@code state_dict} where there is a {@code
     * state_dict_ema} too, or one of a name that is not looked for.
     *
     * @throws WeightsException as {@link #read(Path)}, or if the file has no dictionary of that name
     */
    public static WeightFile readPart(Path file, String name) throws IOException {
        return read(file, WeightLimits.defaults(), Optional.of(name));
    }

    private static WeightFile read(Path file, WeightLimits limits, Optional<String> part) throws IOException {
        try (FileInput in = FileInput.open(file)) {
            byte[] start = in.readNBytes(START_BYTES);
            in.seek(0);
            if (start.length == 0) {
                throw new WeightsException(in.name(), "is empty, where a file of weights was expected");
            }
            if (start.length >= ZIP.length && Arrays.equals(Arrays.copyOf(start, ZIP.length), ZIP)) {
                return TorchZip.read(in, limits, part);
            }
            Optional<String> foreign = ForeignFile.describe(start); // none of them begins as a header of 8 bytes does
            if (foreign.isPresent()) {
                throw new WeightsException(in.name(), "is no file of weights but " + foreign.get());
            }
            // a header's length can begin as a pickle does, but a pickle does not go on with four zeros and a brace
            boolean header = start.length > HEADER && start[HEADER] == '{';
            boolean shortHeader = header && Arrays.equals(start, HEADER - 4, HEADER, new byte[4], 0, 4);
            if (!shortHeader && start[0] == PICKLE_PROTOCOL) {
                return TorchStream.isOne(Arrays.copyOf(start, Math.min(start.length, MAGIC_BYTES)))
                        ? TorchStream.read(in, limits, part)
                        : PaddleFile.read(in, limits, part);
            }
            if (header && part.isPresent()) {
                throw new WeightsException(
                        in.name(),
                        "is a safetensors file, which has no dictionary '" + Printable.of(part.get())
                                + "' or any other; its tensors are all there is");
            }
            if (header) {
                return Safetensors.read(in, limits);
            }
            throw WeightsException.at(
                    0,
                    in.name(),
                    "is not a file of weights: it begins with "
                            + HexFormat.ofDelimiter(" ").formatHex(start, 0, Math.min(start.length, 12))
                            + "; safetensors, torch's .pth and Paddle's .pdparams are read");
        }
    }
}
