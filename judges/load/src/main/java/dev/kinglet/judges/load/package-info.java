/** The server under load. */
@org.jspecify.annotations.NullMarked
package dev.kinglet.judges.load;
