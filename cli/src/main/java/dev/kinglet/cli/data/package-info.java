/** The commands of {@code kinglet data}. */
@org.jspecify.annotations.NullMarked
package dev.kinglet.cli.data;
