/** The command line: joins the other modules, and is the only one that prints or exits. */
@org.jspecify.annotations.NullMarked
package dev.kinglet.cli;
