/**
 * The command line: joins the other modules, and is the only one that prints or exits. {@link dev.kinglet.cli.Main} lists
 * the commands; those with commands of their own are in packages of their own, and {@code console} has what all share.
 */
@org.jspecify.annotations.NullMarked
package dev.kinglet.cli;
