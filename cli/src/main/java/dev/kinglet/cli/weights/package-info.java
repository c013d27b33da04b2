/** The commands {@code kinglet weights}, and the options of the hub that others take too. */
package dev.kinglet.cli.weights;
