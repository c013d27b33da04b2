/**
 * Synthetic labeled images, drawn from a seed and equal on every machine: the data of the demo, of examples and of tests.
 *
 * <pre>{@code
 * SyntheticImages.draw(Path.of("images"), 1, 400, 50); // train/CLASS and val/CLASS
 * }</pre>
 */
package dev.kinglet.toolkit.synthetic;
