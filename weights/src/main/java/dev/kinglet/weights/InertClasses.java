package dev.kinglet.weights;

import dev.kinglet.pickle.Globals;
import java.util.LinkedHashMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Python classes of what checkpoints hold beside weights: settings, counters, paths. An empty dictionary stands for a
 * value of any of them, whatever it is made from; its entries are read as data and nobody looks at them.
 */
final class InertClasses implements Globals {
    static final InertClasses INSTANCE = new InertClasses();

    private static final Set<String> NAMES = Set.of(
            "argparse.Namespace",
            "collections.Counter",
            "collections.defaultdict",
            "easydict.EasyDict",
            "lightning.fabric.utilities.data.AttributeDict",
            "lightning_fabric.utilities.data.AttributeDict",
            "pathlib.Path",
            "pathlib.PosixPath",
            "pathlib.PurePosixPath",
            "pathlib.PureWindowsPath",
            "pathlib.WindowsPath",
            "pathlib._local.PosixPath", // Python 3.13
            "pathlib._local.WindowsPath",
            "pytorch_lightning.utilities.parsing.AttributeDict",
            "types.SimpleNamespace",
            "yacs.config.CfgNode");

    /** Types a {@code defaultdict} makes its values of: mentioned and never called. */
    private static final Set<String> MENTIONED =
            Set.of("builtins.dict", "builtins.float", "builtins.int", "builtins.list", "builtins.str");

    private static final Object MENTION = new Object();

    private InertClasses() {}

    @Override
    public @Nullable Object find(String module, String name) {
        String full = (module.equals("__builtin__") ? "builtins" : module) + "." + name;
        if (NAMES.contains(full)) {
            return (Constructor) arguments -> new LinkedHashMap<>();
        }
        return MENTIONED.contains(full) ? MENTION : null;
    }
}
