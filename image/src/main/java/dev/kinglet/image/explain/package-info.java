/**
 * Where in an image a classifier finds a class: maps of numbers, what makes them, and their drawing over the image. Start with
 * an {@link dev.kinglet.image.explain.Explainer}; {@link dev.kinglet.image.explain.Occlusion} is one for any network.
 *
 * <pre>{@code
 * Explanation explanation = explainer.explain(batch, logits -> new int[] {Logits.argmax(logits)}).get(0);
 * explanation.maps().forEach((classIndex, map) -> draw(HeatOverlay.over(image, map)));
 * }</pre>
 */
package dev.kinglet.image.explain;
