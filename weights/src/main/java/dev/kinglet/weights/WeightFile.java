package dev.kinglet.weights;

import dev.kinglet.network.Tensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a file of weights holds.
 *
 * @param source what to call it in messages: the file, and which part of it
 * @param tensors in the file's order, by the file's names
 * @param metadata entries beside the tensors, in order; empty in formats that have none
 */
public record WeightFile(String source, Tensors tensors, Map<String, String> metadata) {
    private static final int START_BYTES = 64;
    private static final byte[] ZIP = {'P', 'K', 3, 4};
    private static final byte PICKLE_PROTOCOL = (byte) 0x80;

    public WeightFile {
        metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    }

    /** With the standard limits. */
    public static WeightFile read(Path file) throws IOException {
        return read(file, WeightLimits.standard());
    }

    /**
     * Reads a file of any of these formats; its content decides which, not its name.
     *
     * <ul>
     *   <li>safetensors, as {@link Safetensors#read(Path, WeightLimits)} does.
     *   <li>What {@code torch.save} writes, as a zip or as the stream of versions before 1.6: a state dict, or a dictionary
     *       that has one as {@code state_dict_ema}, {@code state_dict} or {@code model}, the first of these that is there.
     *       Tensors of any strides; whatever else is in it is passed over.
     *   <li>What {@code paddle.save} writes: a pickle of numpy arrays. Names and layout become torch's: {@code _mean} and
     *       {@code _variance} are {@code running_mean} and {@code running_var}, and a {@code weight} of two dimensions, a
     *       linear layer's, is transposed to {@code [out, in]}.
     * </ul>
     *
     * <p>Nothing in a file is run: pickles are read by {@link dev.kinglet.pickle.Unpickler}.
     *
     * @throws WeightsException if it is none of these, malformed, damaged, beyond the limits, or asks for anything but data;
     *     nothing of the size it claims has been allocated unless the file has that size
     */
    public static WeightFile read(Path file, WeightLimits limits) throws IOException {
        try (FileInput in = FileInput.open(file)) {
            byte[] start = in.readNBytes(START_BYTES);
            in.seek(0);
            if (start.length >= ZIP.length && Arrays.equals(Arrays.copyOf(start, ZIP.length), ZIP)) {
                return TorchZip.read(file, limits);
            }
            if (start.length > 0 && start[0] == PICKLE_PROTOCOL) {
                return TorchStream.isOne(start) ? TorchStream.read(in, limits) : PaddleFile.read(in, limits);
            }
            if (start.length > SafetensorsHeader.LENGTH_BYTES && start[SafetensorsHeader.LENGTH_BYTES] == '{') {
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
