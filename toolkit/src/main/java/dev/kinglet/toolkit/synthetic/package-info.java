/**
 * Synthetic labeled images, drawn from a seed and equal on every machine: the data of the demo, of examples and of tests.
 * {@link dev.kinglet.toolkit.synthetic.SyntheticImages} draws folders of them, of the classes of {@link
 * dev.kinglet.toolkit.synthetic.Motif}.
 *
 * <pre>{@code
 * SyntheticImages.draw(Path.of("images"), 1, 400, 50); // train/CLASS and val/CLASS
 * }</pre>
 */
package dev.kinglet.toolkit.synthetic;
