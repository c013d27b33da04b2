package dev.kinglet.network;

/**
 * One tensor of a network's state.
 *
 * @param name qualified name in the authors' state dict: {@code features.stemblock.stem1.conv.weight}
 */
public record StateEntry(String name, Layer layer, Parameter parameter) {}
