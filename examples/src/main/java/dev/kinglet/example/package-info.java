/**
 * Applications that embed {@code kinglet-infer}, with nothing else but the JDK. In order:
 *
 * <ol>
 *   <li>{@link dev.kinglet.example.ClassifyImage}: one image
 *   <li>{@link dev.kinglet.example.ClassifyFolder}: many images, several at once
 * </ol>
 *
 * <p>The module {@code tutorial} goes on with those that train and serve.
 */
@org.jspecify.annotations.NullMarked
package dev.kinglet.example;
