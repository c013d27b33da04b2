/**
 * Pretrained weights by name or address: found on a hub, fetched into a cache, checked, and described as a card is. {@link
 * dev.kinglet.toolkit.hub.WeightHub} fetches them; {@link dev.kinglet.toolkit.hub.PretrainedWeights} are what training and
 * import take.
 *
 * <pre>{@code
 * PretrainedWeights weights = WeightHub.defaults().fetch("timm/mobilenetv2_100.ra_in1k");
 * TrainConfig config = Recipes.config(Path.of("photos"), weights).withValEvery(5);
 * WeightImport.of(weights, Optional.empty()).write(Path.of("mobilenet.safetensors"));
 * }</pre>
 */
package dev.kinglet.toolkit.hub;
