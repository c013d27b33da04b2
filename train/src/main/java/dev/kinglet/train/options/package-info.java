/**
 * The configuration of a training run: {@link dev.kinglet.train.options.TrainConfig}, made of one record per section and
 * built in Java, or read from the text of {@link dev.kinglet.train.options.TrainOptions}. {@link
 * dev.kinglet.train.options.TrainOption} lists every option with its name and default value.
 *
 * <pre>{@code
 * TrainConfig config = TrainConfig.of(Path.of("photos"), "peleenet").withEpochs(20).withImageSize(128);
 * String yaml = TrainOptions.of(config).toYaml();
 * }</pre>
 */
package dev.kinglet.train.options;
