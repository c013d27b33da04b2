package dev.kinglet.train.options;

import java.util.OptionalDouble;

/**
 * Learning rates of parts of a network relative to that of the schedule. Its blocks are those of
 * {@link dev.kinglet.network.Blocks}; the last one is the head.
 *
 * @param head learning rate of the head where that of the schedule is at its peak; empty: as the others
 * @param layerDecay factor between a block and the one after it, so that early blocks learn more slowly (Howard and Ruder,
 *     2018, section 3.2); 1: none
 * @param frozenBlocks blocks at the front whose weights and statistics stay as they are; {@link #ALL_BUT_HEAD}: only the
 *     head is trained
 * @param norm factors of normalization
 */
public record ParameterRates(OptionalDouble head, double layerDecay, int frozenBlocks, Norm norm) {
    /**
     * Factors of the learning rate of batch normalization, whose weight decay keeps the rate of the others (Jordan, 2024,
     * section 3.4). A parameter with the factor 0 stays as it is.
     *
     * @param weight of the scales
     * @param bias of the biases
     */
    public record Norm(double weight, double bias) {
        /** As the others. */
        public static final Norm EQUAL = new Norm(1, 1);

        public Norm {
            requireFactor(TrainOption.NORM_WEIGHT_LR_SCALE, weight);
            requireFactor(TrainOption.NORM_BIAS_LR_SCALE, bias);
        }

        private static void requireFactor(TrainOption option, double factor) {
            if (!(factor >= 0 && Double.isFinite(factor))) {
                throw new IllegalArgumentException(option.key() + " is 0 or more, not " + factor);
            }
        }
    }

    /** The same learning rate for all parameters. */
    public static final ParameterRates EQUAL = new ParameterRates(OptionalDouble.empty(), 1, 0, Norm.EQUAL);

    /** Value of {@link #frozenBlocks} with which only the head is trained. */
    public static final int ALL_BUT_HEAD = Integer.MAX_VALUE;

    private static final String HEAD = "head";

    public ParameterRates {
        if (head.isPresent() && !(head.getAsDouble() > 0 && Double.isFinite(head.getAsDouble()))) {
            throw new IllegalArgumentException("head_lr is above 0, not " + head.getAsDouble());
        }
        if (!(layerDecay > 0 && layerDecay <= 1)) {
            throw new IllegalArgumentException("layer_decay lies in (0, 1], not at " + layerDecay);
        }
        OptionReader.requireAtLeast(0, frozenBlocks, TrainOption.FREEZE);
    }

    static ParameterRates read(OptionReader options) {
        return new ParameterRates(
                options.optionalDecimal(TrainOption.HEAD_LR),
                options.decimal(TrainOption.LAYER_DECAY),
                frozen(options.text(TrainOption.FREEZE)),
                new Norm(
                        options.decimal(TrainOption.NORM_WEIGHT_LR_SCALE),
                        options.decimal(TrainOption.NORM_BIAS_LR_SCALE)));
    }

    private static int frozen(String text) {
        try {
            return text.equals(HEAD) ? ALL_BUT_HEAD : Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "freeze: expected a number of blocks, or 'head' to train the head alone, found '" + text + "'", e);
        }
    }

    /** The value of {@link TrainOption#FREEZE}. */
    String freezeKey() {
        return frozenBlocks == ALL_BUT_HEAD ? HEAD : Integer.toString(frozenBlocks);
    }

    public ParameterRates withHead(double learningRate) {
        return new ParameterRates(OptionalDouble.of(learningRate), layerDecay, frozenBlocks, norm);
    }

    public ParameterRates withLayerDecay(double factor) {
        return new ParameterRates(head, factor, frozenBlocks, norm);
    }

    public ParameterRates withFrozenBlocks(int count) {
        return new ParameterRates(head, layerDecay, count, norm);
    }

    public ParameterRates withNorm(Norm factors) {
        return new ParameterRates(head, layerDecay, frozenBlocks, factors);
    }
}
