/** The commands that look at what a trained network answers: whether it is sure, why, and what is wrong with its data. */
@org.jspecify.annotations.NullMarked
package dev.kinglet.cli.analysis;
