package dev.kinglet.network;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Tree of the modules that own a network's tensors; the order of a PyTorch state dict is a walk over it. */
final class ModuleTree {
    private final List<StateEntry> own = new ArrayList<>();
    private final Map<String, ModuleTree> children = new LinkedHashMap<>();

    /** The module of a path such as {@code features.stemblock}, added as the last one of its parent if it is new. */
    ModuleTree child(String path) {
        ModuleTree module = this;
        for (String name : path.split("\\.", -1)) {
            module = module.children.computeIfAbsent(name, any -> new ModuleTree());
        }
        return module;
    }

    /** Adds a tensor to the module that its name names without its last part. */
    void add(StateEntry entry) {
        child(entry.name().substring(0, entry.name().lastIndexOf('.'))).own.add(entry);
    }

    /** Every tensor: a module's own first, then its children's. */
    List<StateEntry> state() {
        List<StateEntry> entries = new ArrayList<>(own);
        children.values().forEach(child -> entries.addAll(child.state()));
        return entries;
    }
}
