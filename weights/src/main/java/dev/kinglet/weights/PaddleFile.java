package dev.kinglet.weights;

import dev.kinglet.base.Printable;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Tensors;
import dev.kinglet.pickle.PickleException;
import dev.kinglet.pickle.Unpickler;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The file {@code paddle.save} writes: a pickled dictionary of numpy arrays, in Paddle's names and layout, or a checkpoint
 * of such dictionaries, whose tensors are pairs of a name and an array.
 */
final class PaddleFile {
    private PaddleFile() {}

    static WeightFile read(FileInput in, WeightLimits limits, Optional<String> part) throws IOException {
        Object root;
        try {
            root = Unpickler.defaults()
                    .withMaxBytes(Math.max(1, in.size()))
                    .withGlobals(InertClasses.INSTANCE)
                    .read(in, in.size());
        } catch (PickleException e) {
            throw WeightsException.of(in.name(), e);
        }
        WeightFile pickled = StateDict.read(in, root, part, limits, storage -> {
            throw new AssertionError("no storages stand beside " + in.name());
        });
        Map<String, NdArray> tensors = new LinkedHashMap<>();
        for (Map.Entry<String, NdArray> entry : pickled.tensors().asMap().entrySet()) {
            String name = torchName(entry.getKey());
            if (tensors.put(name, torchLayout(name, entry.getValue())) != null) {
                throw new WeightsException(
                        pickled.source(), "two tensors are called '" + Printable.of(name) + "' in torch");
            }
        }
        return new WeightFile(pickled.source(), new Tensors(tensors), Map.of());
    }

    private static String torchName(String name) {
        return name.replaceFirst("(^|\\.)_mean$", "$1running_mean").replaceFirst("(^|\\.)_variance$", "$1running_var");
    }

    /** Paddle's linear layers are {@code [in, out]}, torch's {@code [out, in]}; nothing else here has two dimensions. */
    private static NdArray torchLayout(String name, NdArray array) {
        if (!name.endsWith("weight") || array.dims().size() != 2) {
            return array;
        }
        List<Integer> dims = List.of(array.dims().get(1), array.dims().get(0));
        return Strides.gather(array, dims, Strides.columnMajor(dims), 0);
    }
}
