package dev.kinglet.data;

/**
 * An image that could not be read, decoded or transformed, and so was left out.
 *
 * @param name as its data set calls it
 * @param reason what was found
 */
public record SkippedImage(String name, String reason) {}
