/**
 * Rewrites: changes of a model that leave its outputs as they are, up to rounding, and make it faster to run. A
 * {@link dev.kinglet.network.rewrite.Rewrite} maps a model to a model; {@link dev.kinglet.network.rewrite.Rewrites} has those
 * of Kinglet, which exports apply in order. Which of several equal implementations a grouped convolution gets depends on the
 * machine, and is the choice of a {@link dev.kinglet.network.rewrite.ConvPlan}.
 *
 * <p>A model without batch normalizations, and one for a processor with 256-bit SIMD registers:
 *
 * <pre>{@code
 * Model folded = Rewrites.foldBatchNorms().apply(model);
 * Model fast = Rewrites.apply(Rewrites.all(ConvPlan.byRule().withChannelBlock(8)), model);
 * }</pre>
 */
package dev.kinglet.network.rewrite;
