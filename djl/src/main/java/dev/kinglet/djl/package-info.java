/**
 * Exported networks for users of the Deep Java Library (DJL), with the pixels and the scores of
 * {@link dev.kinglet.infer.Classifier}, on DJL's engine for ONNX Runtime.
 *
 * <pre>{@code
 * try (ZooModel<Path, Classifications> model = KingletCriteria.of(Path.of("otters.onnx"), Path.class).loadModel();
 *         Predictor<Path, Classifications> predictor = model.newPredictor()) {
 *     System.out.println(predictor.predict(Path.of("photo.jpg")));
 * }
 * }</pre>
 */
package dev.kinglet.djl;
