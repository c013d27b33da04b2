/**
 * Trained classifiers that come as an artifact.
 *
 * <pre>{@code
 * try (Classifier classifier = Models.cifar10()) {
 *     System.out.println(classifier.classify(Path.of("photo.jpg")).get(0).label());
 * }
 * }</pre>
 */
package dev.kinglet.models;
