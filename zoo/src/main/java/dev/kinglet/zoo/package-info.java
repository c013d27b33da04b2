/**
 * The networks that Kinglet defines, one file per paper: HarDNet, AsymmNet, PeleeNet, SPGNet, CondenseNetV2, and MobileNetV2,
 * ResNet, VGG and GhostNet beside them. Each {@link dev.kinglet.zoo.Variant} has the layer names of its authors' state dict,
 * so published weights load by name, and what its authors published of it: figures, source and license.
 *
 * <p>A network for a data set of twelve classes, with random weights:
 *
 * <pre>{@code
 * Variant variant = Zoo.get("peleenet");
 * Network network = variant.network(Shape.image(160), 12);
 * Tensors weights = variant.initialization().draw(network, new Random(1));
 * }</pre>
 */
package dev.kinglet.zoo;
