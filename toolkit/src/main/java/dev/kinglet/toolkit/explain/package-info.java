/**
 * What a trained network looked at: maps over images, for its answer and for other classes, written as PNG files. Start with
 * {@link dev.kinglet.toolkit.explain.ImageExplainer}.
 *
 * <pre>{@code
 * List<Path> images = Predictor.images(Path.of("photos"));
 * ExplanationFolder folder = new ExplanationFolder(Path.of("maps"), images.size());
 * try (ImageExplainer explainer = ImageExplainer.open(Path.of("birds.onnx"), ImageExplainer.Method.AUTO, 2)) {
 *     explainer.explain(images, List.of(), () -> false, folder::write);
 * }
 * }</pre>
 */
package dev.kinglet.toolkit.explain;
