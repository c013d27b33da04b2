/**
 * Metrics of classifiers for Micrometer, with or without a framework: {@link dev.kinglet.micrometer.ClassifierMetrics} is a listener.
 *
 * <pre>{@code
 * ClassifierOptions options = ClassifierOptions.defaults().withListener(new ClassifierMetrics(registry, "otters"));
 * Classifier classifier = Classifier.open(Path.of("otters.onnx"), options);
 * }</pre>
 */
package dev.kinglet.micrometer;
