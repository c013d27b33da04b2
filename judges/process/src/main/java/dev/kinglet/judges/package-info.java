/** What the judges share: the built program, and images. */
@org.jspecify.annotations.NullMarked
package dev.kinglet.judges;
