package dev.kinglet.data;

/**
 * An image that was left out because it could not be read, decoded or transformed.
 *
 * @param name as its data set calls it
 * @param reason for a message
 */
public record SkippedImage(String name, String reason) {}
