/** What commands share: where they print, JSON and tables, the end by a signal, and options that several have. */
@org.jspecify.annotations.NullMarked
package dev.kinglet.cli.console;
