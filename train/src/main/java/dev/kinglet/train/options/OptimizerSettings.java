package dev.kinglet.train.options;

/**
 * The optimizer and the loss.
 *
 * @param labelSmoothing fraction of the target spread evenly over all classes (Szegedy et al., 2016, section 7)
 * @param groupLasso weight of the group lasso penalty (Huang et al., 2018, section 4.1), in layers that are pruned while
 *     they train
 */
public record OptimizerSettings(Sgd sgd, double labelSmoothing, double groupLasso) {
    public OptimizerSettings {
        if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
            throw new IllegalArgumentException("smoothing lies in [0, 1), not at " + labelSmoothing);
        }
        if (!(groupLasso >= 0)) {
            throw new IllegalArgumentException("group_lasso is 0 or more, not " + groupLasso);
        }
    }

    /** Cross-entropy without label smoothing or a penalty. */
    public static OptimizerSettings of(Sgd sgd) {
        return new OptimizerSettings(sgd, 0, 0);
    }

    static OptimizerSettings read(OptionReader options) {
        return new OptimizerSettings(
                new Sgd(
                        options.decimal(TrainOption.MOMENTUM),
                        options.text(TrainOption.OPT).equals("sgd") ? Sgd.Momentum.CLASSIC : Sgd.Momentum.NESTEROV,
                        options.decimal(TrainOption.WEIGHT_DECAY),
                        options.constant(Sgd.Decay.class, TrainOption.WEIGHT_DECAY_ON)),
                options.decimal(TrainOption.SMOOTHING),
                options.decimal(TrainOption.GROUP_LASSO));
    }

    public OptimizerSettings withLabelSmoothing(double fraction) {
        return new OptimizerSettings(sgd, fraction, groupLasso);
    }
}
