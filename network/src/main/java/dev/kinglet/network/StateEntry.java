package dev.kinglet.network;

/**
 * One tensor of a network's state.
 *
 * @param name the qualified name, as the authors' state dict has it: {@code features.stemblock.stem1.conv.weight}
 */
public record StateEntry(String name, Layer layer, Parameter parameter) {}
