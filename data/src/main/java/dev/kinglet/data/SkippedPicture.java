package dev.kinglet.data;

/**
 * A picture that could not be read, decoded or transformed, and so was left out.
 *
 * @param name as its data set calls it
 * @param reason what was found
 */
public record SkippedPicture(String name, String reason) {}
