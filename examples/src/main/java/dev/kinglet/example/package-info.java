/** An application that embeds {@code kinglet-infer}, with nothing else but the JDK. */
@org.jspecify.annotations.NullMarked
package dev.kinglet.example;
