/** The commands of {@code kinglet benchmark}. */
@org.jspecify.annotations.NullMarked
package dev.kinglet.cli.benchmark;
