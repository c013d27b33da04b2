/** Synthetic labeled images, drawn from a seed: the data of the demo, of the examples and of tests. */
package dev.kinglet.toolkit.synthetic;
