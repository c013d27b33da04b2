package dev.kinglet.train.options;

import dev.kinglet.base.NearestName;
import dev.kinglet.image.ImageLimits;
import dev.kinglet.image.ImageTransform.PaddedRandomCrop;
import dev.kinglet.image.Views;
import dev.kinglet.image.augment.Augmentation;
import dev.kinglet.image.augment.ColorJitter;
import dev.kinglet.image.augment.RandAugment;
import dev.kinglet.network.Interpolation;
import dev.kinglet.network.Orientation;
import dev.kinglet.network.Preprocessing;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Every option of a training run: the one list behind YAML files, default values, overrides and the command line. A value is text in a canonical form; {@link TrainConfig} holds the same values by their types.
 */
public enum TrainOption {
    DATA(
            Section.DATA,
            "data",
            Kind.PATH,
            "",
            "folder or archive of labeled images",
            c -> c.data().path().toString()),
    VAL_EVERY(
            Section.DATA,
            "val_every",
            Kind.INTEGER,
            "",
            "validation split of one folder of classes: every Nth image of each class, from the first",
            c -> c.data().valEvery().isPresent() ? c.data().valEvery().getAsInt() : null),
    SPLIT(
            Section.DATA,
            "split",
            Kind.NAME,
            "",
            "name of the folder of validation images",
            c -> c.data().split().orElse(null)),
    CLS_LABEL_PATH_TRAIN(
            Section.DATA,
            "cls_label_path_train",
            Kind.PATH,
            "",
            "list of the training images, one 'path label' per line, in place of folders",
            c -> c.data().lists().train().map(Path::toString).orElse(null)),
    CLS_LABEL_PATH_VAL(
            Section.DATA,
            "cls_label_path_val",
            Kind.PATH,
            "",
            "list of the validation images",
            c -> c.data().lists().validation().map(Path::toString).orElse(null)),
    LABELS(
            Section.DATA,
            "labels",
            Kind.PATH,
            "",
            "file of class names, one per line, for lists and shards, which only number them",
            c -> c.data().labels().map(Path::toString).orElse(null)),
    MAX_PIXELS(
            Section.DATA,
            "max_pixels",
            Kind.INTEGER,
            Long.toString(ImageLimits.defaults().maxPixels()),
            "images of more pixels are skipped like unreadable ones",
            c -> c.data().imageLimits().maxPixels()),
    LIMIT_TRAIN(
            Section.DATA,
            "limit_train",
            Kind.DECIMAL,
            "1",
            "training images to use, a fraction or a number above 1, spread over all; to try things out",
            c -> c.data().limits().train()),
    LIMIT_VAL(
            Section.DATA,
            "limit_val",
            Kind.DECIMAL,
            "1",
            "validation images to use, likewise",
            c -> c.data().limits().validation()),
    NEAR_DUPLICATES(
            Section.DATA,
            "near_duplicates",
            Kind.SWITCH,
            "false",
            "warn, before training, of validation images that are nearly the same as training images, as data info finds them:"
                    + " every image is compared with every other; byte for byte the same ones are warned of in any case",
            c -> c.data().nearDuplicates()),
    CLASS_BALANCE(
            Section.DATA,
            "class_balance",
            choice(Stream.of(ClassBalance.values()).map(ClassBalance::key)),
            ClassBalance.NONE.key(),
            "remedy for classes of different sizes: 'sample' draws every class equally often, 'weights' weighs classes in the loss",
            c -> c.data().classBalance().key()),

    TTA(
            Section.DATA,
            "tta",
            choice(Stream.of(Views.values()).map(Views::toString)),
            Views.CENTER.toString(),
            "test-time augmentation: validation takes the mean of the logits of these views of each image; with model_ema for the"
                    + " average alone",
            c -> c.data().views().toString()),

    MODEL(
            Section.MODEL,
            "model",
            Kind.NAME,
            "",
            "network to train, a name that kinglet models lists",
            c -> c.model().name()),
    NUM_CLASSES(
            Section.MODEL,
            "num_classes",
            Kind.INTEGER,
            "",
            "outputs of the network, which must be the number of classes in the data",
            c -> c.model().numClasses().isPresent() ? c.model().numClasses().getAsInt() : null),
    PRETRAINED(
            Section.MODEL,
            "pretrained",
            new Kind("NAME|URL|FILE", "a name, an address or a path", List.of(), text -> text),
            "",
            "pretrained weights to start from, with their network and their preprocessing as defaults: timm/NAME or"
                    + " hf:OWNER/NAME[@REVISION] of the Hugging Face hub, an https address with #sha256=..., or a file",
            c -> c.model().pretrained().orElse(null)),
    INITIAL_CHECKPOINT(
            Section.MODEL,
            "initial_checkpoint",
            Kind.PATH,
            "",
            "file or run of weights to start from, and nothing but the weights; a classifier layer of another number of"
                    + " classes is randomly initialized",
            c -> c.model().initialCheckpoint().map(Path::toString).orElse(null)),
    WHITEN(
            Section.MODEL,
            "whiten",
            Kind.SWITCH,
            "false",
            "the first convolution's weights whiten patches of the training images, and stay as they are; its bias is trained",
            c -> c.model().whiten()),
    ZERO_INIT_RESIDUAL(
            Section.MODEL,
            "zero_init_residual",
            Kind.SWITCH,
            "false",
            "random initialization with scales of 0 for the normalization that ends the branch of each residual connection, so"
                    + " that only the shortcuts pass anything on at first",
            c -> c.model().zeroInitResidual()),
    RECIPE(
            Section.MODEL,
            "recipe",
            Kind.NAME,
            "",
            "published recipe that replaces the defaults, a name that kinglet recipes lists; or a network, for its authors' recipe",
            c -> c.model().recipe().orElse(null)),

    IMG_SIZE(
            Section.INPUT,
            "img_size",
            Kind.INTEGER,
            "224",
            "input resolution: side of the square image a network sees, in pixels",
            c -> c.preprocessing().inputSize()),
    CROP_PCT(
            Section.INPUT,
            "crop_pct",
            Kind.DECIMAL,
            "0.875",
            "center crop ratio: fraction of the resized side that is kept",
            c -> c.preprocessing().cropPct()),
    RESIZE(
            Section.INPUT,
            "resize",
            choice(Stream.of(Preprocessing.ResizeMode.values()).map(Preprocessing.ResizeMode::key)),
            Preprocessing.ResizeMode.SHORTER.key(),
            "'shorter' keeps the aspect ratio, 'exact' makes a square of the whole image, also of training images with crop none and padded",
            c -> c.preprocessing().resize().key()),
    INTERPOLATION(
            Section.INPUT,
            "interpolation",
            choice(Stream.of(Interpolation.values()).map(Interpolation::key)),
            Interpolation.BILINEAR.key(),
            "interpolation of resizing",
            c -> c.preprocessing().interpolation().key()),
    MEAN(
            Section.INPUT,
            "mean",
            Kind.DECIMALS,
            "0.485,0.456,0.406",
            "mean of red, green and blue on the scale 0 to 1",
            c -> c.preprocessing().mean()),
    STD(
            Section.INPUT,
            "std",
            Kind.DECIMALS,
            "0.229,0.224,0.225",
            "their standard deviations",
            c -> c.preprocessing().std()),
    EXIF_ORIENTATION(
            Section.INPUT,
            "exif_orientation",
            choice(Stream.of(Orientation.values()).map(Orientation::key)),
            Orientation.IGNORED.key(),
            "whether the EXIF orientation of photos is applied",
            c -> c.preprocessing().orientation().key()),

    CROP(
            Section.AUGMENTATION,
            "crop",
            choice(Stream.of(Augmentation.Crop.values()).map(Augmentation.Crop::key)),
            Augmentation.Crop.RANDOM_RESIZED.key(),
            "crop of training images",
            c -> c.augmentation().crop().kind().key()),
    SCALE(
            Section.AUGMENTATION,
            "scale",
            Kind.DECIMALS,
            "0.08,1",
            "RandomResizedCrop scale: smallest and largest fraction of an image's area that random-resized keeps",
            c -> List.of(
                    c.augmentation().crop().minScale(), c.augmentation().crop().maxScale())),
    PADDING(
            Section.AUGMENTATION,
            "padding",
            Kind.INTEGER,
            "4",
            "with crop padded: pixels added on each side",
            c -> c.augmentation().crop().padding()),
    PADDING_MODE(
            Section.AUGMENTATION,
            "padding_mode",
            choice(Stream.of(PaddedRandomCrop.Border.values()).map(TrainOption::keyOf)),
            keyOf(PaddedRandomCrop.Border.CONSTANT),
            "with crop padded: these pixels are black, or the image reflected at its edge",
            c -> keyOf(c.augmentation().crop().border())),
    DECODE(
            Section.AUGMENTATION,
            "decode",
            choice(Stream.of(Augmentation.Decoding.values()).map(Augmentation.Decoding::key)),
            Augmentation.Decoding.FULL.key(),
            "'reduced' decodes a JPEG at half its size or less where random-resized needs no more; faster, other pixels",
            c -> c.augmentation().crop().decoding().key()),
    HFLIP(
            Section.AUGMENTATION,
            "hflip",
            Kind.DECIMAL,
            "0.5",
            "probability of a horizontal flip",
            c -> c.augmentation().flip()),
    FLIP_MODE(
            Section.AUGMENTATION,
            "flip_mode",
            choice(Stream.of(Augmentation.FlipMode.values()).map(Augmentation.FlipMode::key)),
            Augmentation.FlipMode.RANDOM.key(),
            "'alternating': each image is flipped horizontally in every other epoch, at random from the first or the second on",
            c -> c.augmentation().flipMode().key()),
    VFLIP(
            Section.AUGMENTATION,
            "vflip",
            Kind.DECIMAL,
            "0",
            "probability of a vertical flip",
            c -> c.augmentation().verticalFlip()),
    ROTATE(
            Section.AUGMENTATION,
            "rotate",
            Kind.DECIMAL,
            "0",
            "largest angle of random rotation, in degrees either way",
            c -> c.augmentation().rotation()),
    TRAIN_INTERPOLATION(
            Section.AUGMENTATION,
            "train_interpolation",
            choice(Stream.of(Augmentation.Resizing.values()).map(Augmentation.Resizing::key)),
            Augmentation.Resizing.SAME.key(),
            "interpolation of training images; 'same': as in validation",
            c -> c.augmentation().resizing().key()),
    AA(
            Section.AUGMENTATION,
            "aa",
            new Kind("TEXT", "text", List.of(), text -> text.isEmpty() ? TrainOption.NO_POLICY : text),
            TrainOption.NO_POLICY,
            "RandAugment by timm's names, such as rand-m9-mstd0.5",
            c -> c.augmentation().randAugment().map(RandAugment::key).orElse(TrainOption.NO_POLICY)),
    COLOR_JITTER(
            Section.AUGMENTATION,
            "color_jitter",
            Kind.DECIMALS,
            "0",
            "strength of brightness, contrast and saturation; or of each, and of the hue",
            c -> jitter(c.augmentation().jitter())),
    LIGHTING(
            Section.AUGMENTATION,
            "lighting",
            Kind.DECIMAL,
            "0",
            "noise along the principal components of color",
            c -> c.augmentation().lighting()),
    AUG_REPEATS(
            Section.AUGMENTATION,
            "aug_repeats",
            Kind.INTEGER,
            "1",
            "repeated augmentation: copies of an image in a row, each augmented differently; an epoch stays as long",
            c -> c.augmentation().repeats()),
    REPROB(
            Section.AUGMENTATION,
            "reprob",
            Kind.DECIMAL,
            "0",
            "random erasing probability",
            c -> c.augmentation().erasing().probability()),
    REMODE(
            Section.AUGMENTATION,
            "remode",
            choice(Stream.of(Augmentation.Fill.values()).map(Augmentation.Fill::key)),
            Augmentation.Fill.PIXEL.key(),
            "random erasing mode: the mean color, or noise",
            c -> c.augmentation().erasing().fill().key()),
    MIXUP(
            Section.AUGMENTATION,
            "mixup",
            Kind.DECIMAL,
            "0",
            "alpha of MixUp: images of a batch are blended with each other",
            c -> c.augmentation().mixing().mixup()),
    CUTMIX(
            Section.AUGMENTATION,
            "cutmix",
            Kind.DECIMAL,
            "0",
            "alpha of CutMix: parts of a batch's images are exchanged",
            c -> c.augmentation().mixing().cutmix()),

    OPT(
            Section.OPTIMIZER,
            "opt",
            Kind.OPTIMIZER,
            "nesterov",
            "optimizer: stochastic gradient descent with classic ('sgd', also called 'momentum') or Nesterov's momentum, or an adaptive one",
            c -> OptimizerSettings.key(c.optimizer().rule())),
    LR(
            Section.OPTIMIZER,
            "lr",
            Kind.DECIMAL,
            "",
            "peak learning rate; by default 0.05 with sgd and nesterov and 0.001 with the others, from pretrained weights 0.0005 and 0.0001",
            TrainConfig::learningRate),
    MOMENTUM(
            Section.OPTIMIZER,
            "momentum",
            Kind.DECIMAL,
            "0.9",
            "momentum of the gradient, with opt sgd, nesterov, rmsprop and rmsproptf",
            c -> {
                if (c.optimizer().rule() instanceof Optimizer.Sgd sgd) {
                    return sgd.momentum();
                }
                return c.optimizer().rule() instanceof Optimizer.RmsProp rms ? rms.momentum() : null;
            }),
    OPT_BETAS(
            Section.OPTIMIZER,
            "opt_betas",
            Kind.DECIMALS,
            "0.9,0.999",
            "with opt adamw and lamb: decay of the mean gradient and of its mean square",
            c -> {
                if (c.optimizer().rule() instanceof Optimizer.AdamW adam) {
                    return List.of(adam.beta1(), adam.beta2());
                }
                return c.optimizer().rule() instanceof Optimizer.Lamb lamb ? List.of(lamb.beta1(), lamb.beta2()) : null;
            }),
    ALPHA(
            Section.OPTIMIZER,
            "alpha",
            Kind.DECIMAL,
            "0.9",
            "with opt rmsprop and rmsproptf: decay of the mean square of the gradient",
            c -> c.optimizer().rule() instanceof Optimizer.RmsProp rms ? rms.alpha() : null),
    OPT_EPS(
            Section.OPTIMIZER,
            "opt_eps",
            Kind.DECIMAL,
            "",
            "epsilon of an adaptive optimizer; by default 1e-8 with adamw and rmsprop, 1e-10 with rmsproptf, 1e-6 with lamb",
            c -> {
                if (c.optimizer().rule() instanceof Optimizer.AdamW adam) {
                    return adam.epsilon();
                }
                if (c.optimizer().rule() instanceof Optimizer.RmsProp rms) {
                    return rms.epsilon();
                }
                return c.optimizer().rule() instanceof Optimizer.Lamb lamb ? lamb.epsilon() : null;
            }),
    WEIGHT_DECAY(
            Section.OPTIMIZER,
            "weight_decay",
            Kind.DECIMAL,
            "0.0001",
            "weight decay: L2, decoupled with adamw",
            c -> c.optimizer().rule().weightDecay()),
    WEIGHT_DECAY_ON(
            Section.OPTIMIZER,
            "weight_decay_on",
            choice(Stream.of(Optimizer.Decay.values()).map(TrainOption::keyOf)),
            keyOf(Optimizer.Decay.EVERYTHING),
            "parameters with weight decay; 'weights' leaves out normalization and biases",
            c -> keyOf(c.optimizer().rule().decay())),
    CLIP_GRAD(
            Section.OPTIMIZER,
            "clip_grad",
            Kind.DECIMAL,
            "",
            "limit of gradient clipping; by default gradients are not clipped",
            c -> c.optimizer().clipping().map(OptimizerSettings.Clipping::limit).orElse(null)),
    CLIP_MODE(
            Section.OPTIMIZER,
            "clip_mode",
            choice(Stream.of(OptimizerSettings.Clipping.Mode.values()).map(TrainOption::keyOf)),
            keyOf(OptimizerSettings.Clipping.Mode.NORM),
            "what gradient clipping limits: the norm of all gradients, each value, or adaptively the norm relative to the weights' (agc)",
            c -> c.optimizer()
                    .clipping()
                    .map(clipping -> keyOf(clipping.mode()))
                    .orElse(null)),
    HEAD_LR(
            Section.OPTIMIZER,
            "head_lr",
            Kind.DECIMAL,
            "",
            "peak learning rate of the head; by default that of all",
            c -> c.optimizer().rates().head().isPresent()
                    ? c.optimizer().rates().head().getAsDouble()
                    : null),
    LAYER_DECAY(
            Section.OPTIMIZER,
            "layer_decay",
            Kind.DECIMAL,
            "1",
            "factor of the learning rate from each block to the one before it, counted from the head",
            c -> c.optimizer().rates().layerDecay()),
    NORM_BIAS_LR_SCALE(
            Section.OPTIMIZER,
            "norm_bias_lr_scale",
            Kind.DECIMAL,
            "1",
            "factor of the learning rate, not of the weight decay, of normalization biases; 0: they stay as they are",
            c -> c.optimizer().rates().norm().bias()),
    NORM_WEIGHT_LR_SCALE(
            Section.OPTIMIZER,
            "norm_weight_lr_scale",
            Kind.DECIMAL,
            "1",
            "the same of normalization weights (scales)",
            c -> c.optimizer().rates().norm().weight()),
    FREEZE(
            Section.OPTIMIZER,
            "freeze",
            Kind.NAME_OR_COUNT,
            "0",
            "blocks at the network's front that stay as they are; 'head': all but the head",
            c -> c.optimizer().rates().freezeKey()),
    MODEL_EMA(
            Section.OPTIMIZER,
            "model_ema",
            Kind.SWITCH,
            "false",
            "exponential moving average of the weights, evaluated beside them; the best epoch is chosen by it, and keeps it",
            c -> c.optimizer().ema().isPresent()),
    MODEL_EMA_DECAY(
            Section.OPTIMIZER,
            "model_ema_decay",
            Kind.DECIMAL,
            "0.9999",
            "decay of that average",
            c -> c.optimizer().ema().map(OptimizerSettings.Ema::decay).orElse(null)),
    MODEL_EMA_WARMUP(
            Section.OPTIMIZER,
            "model_ema_warmup",
            Kind.SWITCH,
            "false",
            "the decay grows to its value from 0, for short runs",
            c -> c.optimizer().ema().map(OptimizerSettings.Ema::warmUp).orElse(null)),
    MODEL_EMA_BN(
            Section.OPTIMIZER,
            "model_ema_bn",
            Kind.INTEGER,
            "0",
            "training batches from which the average's batch normalization statistics are estimated anew before each evaluation",
            c -> c.optimizer().ema().map(OptimizerSettings.Ema::normBatches).orElse(null)),
    MODEL_EMA_LOOKAHEAD(
            Section.OPTIMIZER,
            "model_ema_lookahead",
            Kind.INTEGER,
            "0",
            "Lookahead: the average is updated every so many steps only, and training goes on from it; 0: it does not",
            c -> c.optimizer()
                    .ema()
                    .map(ema -> ema.lookahead()
                            .map(OptimizerSettings.Lookahead::steps)
                            .orElse(0))
                    .orElse(null)),
    MODEL_EMA_RAMP(
            Section.OPTIMIZER,
            "model_ema_ramp",
            Kind.DECIMAL,
            "0",
            "with lookahead: the decay grows to its value with this power of the fraction of the run that is done; 0: it is"
                    + " constant",
            c -> c.optimizer()
                    .ema()
                    .flatMap(OptimizerSettings.Ema::lookahead)
                    .map(OptimizerSettings.Lookahead::ramp)
                    .orElse(null)),
    DROP(
            Section.OPTIMIZER,
            "drop",
            Kind.DECIMAL,
            "",
            "dropout probability; by default the network's own",
            c -> c.optimizer().dropping().dropout().isPresent()
                    ? c.optimizer().dropping().dropout().getAsDouble()
                    : null),
    DROP_PATH(
            Section.OPTIMIZER,
            "drop_path",
            Kind.DECIMAL,
            "0",
            "stochastic depth: probability of leaving out the branch of the last residual connection, less for those before",
            c -> c.optimizer().dropping().dropPath()),
    SMOOTHING(
            Section.OPTIMIZER,
            "smoothing",
            Kind.DECIMAL,
            "0",
            "label smoothing",
            c -> c.optimizer().loss().labelSmoothing()),
    BCE_LOSS(
            Section.OPTIMIZER,
            "bce_loss",
            Kind.SWITCH,
            "false",
            "binary cross-entropy of each class instead of cross-entropy",
            c -> c.optimizer().loss().binary()),
    GROUP_LASSO(
            Section.OPTIMIZER,
            "group_lasso",
            Kind.DECIMAL,
            "0",
            "group lasso penalty, in layers that are pruned while they train",
            c -> c.optimizer().loss().groupLasso()),

    EPOCHS(
            Section.SCHEDULE,
            "epochs",
            Kind.INTEGER,
            "30",
            "epochs: passes over the training images",
            c -> c.schedule().epochs()),
    BATCH_SIZE(
            Section.SCHEDULE,
            "batch_size",
            Kind.INTEGER,
            "64",
            "batch size: images per step",
            c -> c.schedule().batchSize()),
    GRAD_ACCUM_STEPS(
            Section.SCHEDULE,
            "grad_accum_steps",
            Kind.INTEGER,
            "1",
            "gradient accumulation: batches per optimizer step",
            c -> c.schedule().accumulation()),
    SCHED(
            Section.SCHEDULE,
            "sched",
            choice(Stream.of(ScheduleSettings.Kind.values()).map(ScheduleSettings.Kind::key)),
            ScheduleSettings.Kind.COSINE.key(),
            "learning-rate schedule",
            c -> c.schedule().decay().kind().key()),
    SCHED_ON_UPDATES(
            Section.SCHEDULE,
            "sched_on_updates",
            Kind.SWITCH,
            "true",
            "the learning rate changes with each optimizer step; false: with each epoch",
            c -> c.schedule().onUpdates()),
    WARMUP_EPOCHS(
            Section.SCHEDULE,
            "warmup_epochs",
            Kind.DECIMAL,
            "1",
            "epochs of linear warm-up, a fraction is fine; by default at most half of the run, and 0.3 of it with onecycle",
            c -> c.schedule().decay().kind() == ScheduleSettings.Kind.ONECYCLE
                            && c.schedule().warmUp().given().isEmpty()
                    ? null
                    : c.schedule().warmUpEpochs()),
    WARMUP_LR(
            Section.SCHEDULE,
            "warmup_lr",
            Kind.DECIMAL,
            "",
            "learning rate of the first step of the warm-up; by default that of equal steps from 0",
            c -> c.schedule().warmUp().rate().isPresent()
                    ? c.schedule().warmUp().rate().getAsDouble()
                    : null),
    COOLDOWN_EPOCHS(
            Section.SCHEDULE,
            "cooldown_epochs",
            Kind.INTEGER,
            "0",
            "epochs more, at the learning rate that the schedule ends with",
            c -> c.schedule().cooldown()),
    MIN_LR(
            Section.SCHEDULE,
            "min_lr",
            Kind.DECIMAL,
            "0",
            "learning rate that the schedule does not go below; with cosine, poly and onecycle the last one",
            c -> c.schedule().decay().minimum()),
    DECAY_EPOCHS(
            Section.SCHEDULE,
            "decay_epochs",
            Kind.DECIMAL,
            "30",
            "with sched step: epochs between two decays",
            c -> c.schedule().decay().epochs()),
    DECAY_MILESTONES(
            Section.SCHEDULE,
            "decay_milestones",
            Kind.DECIMALS,
            "30,60,90",
            "with sched multistep: the epochs at which it decays",
            c -> c.schedule().decay().milestones()),
    DECAY_RATE(
            Section.SCHEDULE,
            "decay_rate",
            Kind.DECIMAL,
            "",
            "decay factor (gamma) of step, multistep and plateau, by default 0.1; power of poly, by default 1",
            c -> c.schedule().decay().rate().isPresent()
                    ? c.schedule().decay().rate().getAsDouble()
                    : null),
    PATIENCE_EPOCHS(
            Section.SCHEDULE,
            "patience_epochs",
            Kind.INTEGER,
            "10",
            "with sched plateau: epochs without a better top-1 that it waits for",
            c -> c.schedule().decay().patience()),
    PATIENCE(
            Section.SCHEDULE,
            "patience",
            Kind.INTEGER,
            "0",
            "early stopping: the run ends after so many epochs without a better one; 0: it does not",
            c -> c.run().limits().patience()),
    TIME_LIMIT(
            Section.SCHEDULE,
            "time_limit",
            Kind.DECIMAL,
            "0",
            "minutes of training; no epoch begins that would likely end later; 0: no limit",
            c -> c.run().limits().minutes()),

    SEED(
            Section.RUN,
            "seed",
            Kind.INTEGER,
            "0",
            "seed of everything random in the run",
            c -> c.run().seed()),
    WORKERS(
            Section.RUN,
            "workers",
            Kind.INTEGER,
            "2",
            "data-loader workers, which read and decode images",
            c -> c.machine().workers()),
    CACHE(
            Section.RUN,
            "cache",
            choice(Stream.of(Caching.values()).map(Caching::key)),
            Caching.RAM.key(),
            "where decoded images are kept, as far as there is room",
            c -> c.machine().cache().key()),
    CACHE_SIZE(
            Section.RUN,
            "cache_size",
            Kind.INTEGER,
            "",
            "room for the cache in MiB; by default a third of Java's heap, or half of what is free on the disk",
            c -> c.machine().cacheSize().isPresent() ? c.machine().cacheSize().getAsInt() : null),
    THREADS(
            Section.RUN,
            "threads",
            Kind.INTEGER,
            "",
            "compute threads; by default as many as there are processors that no other program uses",
            c -> c.machine().threads().isPresent() ? c.machine().threads().getAsInt() : null),
    DETERMINISTIC(
            Section.RUN,
            "deterministic",
            Kind.SWITCH,
            "false",
            "refuse operations of libtorch that may give other results from call to call",
            c -> c.machine().deterministic()),
    AMP(
            Section.RUN,
            "amp",
            choice(Stream.of(Precision.values()).map(Precision::key)),
            Precision.FLOAT32.key(),
            "number format of the forward and the backward pass (automatic mixed precision)",
            c -> c.machine().precision().key()),
    LOG_INTERVAL(
            Section.RUN,
            "log_interval",
            Kind.INTEGER,
            "50",
            "steps between two lines of the log",
            c -> c.run().logInterval()),
    CHECKPOINT_INTERVAL(
            Section.RUN,
            "checkpoint_interval",
            Kind.DECIMAL,
            "300",
            "seconds between checkpoints inside an epoch; 0: only when it ends",
            c -> c.run().checkpointSeconds()),
    CHECKPOINT_HIST(
            Section.RUN,
            "checkpoint_hist",
            Kind.INTEGER,
            "0",
            "epochs whose weights are kept, newest first, beside the last and the best ones",
            c -> c.run().keptEpochs()),
    CALIBRATE(
            Section.RUN,
            "calibrate",
            Kind.SWITCH,
            "true",
            "temperature scaling: a temperature is fitted on the best epoch's validation logits and kept with the best weights, so"
                    + " that their scores are as often right as they say; false: scores are the softmax of the logits",
            c -> c.run().calibrates()),
    OUTPUT(
            Section.RUN,
            "output",
            Kind.PATH,
            "runs",
            "folder the run's folder is made in",
            c -> c.run().output().toString()),
    NAME(
            Section.RUN,
            "name",
            Kind.NAME,
            "",
            "name of the run's folder; by default model, date and time",
            c -> c.run().name().orElse(null));

    /** Groups of options; {@code optimizer.lr} means {@code lr}. */
    public enum Section {
        DATA,
        MODEL,
        INPUT,
        AUGMENTATION,
        OPTIMIZER,
        SCHEDULE,
        RUN;

        /** The name before the dot. */
        public String key() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Type of an option's values; the choices are empty unless only they are possible.
     *
     * @param label placeholder of a value in help
     */
    private record Kind(String label, String expected, List<String> choices, Function<String, Object> parser) {
        static final Kind PATH = new Kind("PATH", "a path", List.of(), text -> text);
        static final Kind NAME = new Kind("NAME", "a name", List.of(), text -> text);
        static final Kind INTEGER = new Kind("N", "a whole number", List.of(), Long::valueOf);
        static final Kind DECIMAL = new Kind("X", "a number", List.of(), Kind::decimal);
        static final Kind SWITCH = choice(Stream.of("true", "false"));
        static final Kind NAME_OR_COUNT = new Kind("head|N", "'head' or a whole number", List.of(), text -> {
            if (!text.equals("head")) {
                Integer.parseInt(text);
            }
            return text;
        });
        static final Kind OPTIMIZER = optimizer();
        static final Kind DECIMALS = new Kind(
                "X,...",
                "numbers with commas between them",
                List.of(),
                text -> Stream.of(text.split(",", -1))
                        .map(String::strip)
                        .map(Kind::decimal)
                        .toList());

        /** {@code momentum} is the word of Paddle and of the articles for {@code sgd}. */
        private static Kind optimizer() {
            Kind names = choice(Stream.of("sgd", "nesterov", "adamw", "rmsprop", "rmsproptf", "lamb"));
            return new Kind(
                    names.label,
                    names.expected,
                    names.choices,
                    text -> names.parser.apply(text.equals("momentum") ? "sgd" : text));
        }

        /** Without trailing zeros, so that equal numbers are equal text. */
        private static BigDecimal decimal(String text) {
            BigDecimal exact = new BigDecimal(text);
            if (exact.scale() > MAX_DIGITS || exact.precision() - exact.scale() > MAX_DIGITS) {
                throw new NumberFormatException(text);
            }
            BigDecimal shortest = exact.stripTrailingZeros();
            return shortest.scale() < 0 ? shortest.setScale(0) : shortest;
        }

        private static final int MAX_DIGITS = 400; // before or after the point: more than any double needs
    }

    /** Value of {@link #AA} without a policy. */
    static final String NO_POLICY = "none";

    private final Section section;
    private final String key;

    @SuppressWarnings("ImmutableEnumChecker") // its parser has no state
    private final Kind kind;

    private final String standard;
    private final String help;

    @SuppressWarnings("ImmutableEnumChecker") // a getter
    private final Function<TrainConfig, @Nullable Object> value;

    TrainOption(
            Section section,
            String key,
            Kind kind,
            String standard,
            String help,
            Function<TrainConfig, @Nullable Object> value) {
        this.section = section;
        this.key = key;
        this.kind = kind;
        this.standard = standard;
        this.help = help;
        this.value = value;
    }

    private static Kind choice(Stream<String> choices) {
        List<String> all = choices.toList();
        return new Kind(String.join("|", all), "one of " + String.join(", ", all), all, text -> {
            if (!all.contains(text)) {
                throw new IllegalArgumentException(text);
            }
            return text;
        });
    }

    /** As short as it can be said. */
    private static List<Double> jitter(ColorJitter jitter) {
        boolean same = jitter.contrast() == jitter.brightness() && jitter.saturation() == jitter.brightness();
        return same && jitter.hue() == 0
                ? List.of(jitter.brightness())
                : List.of(jitter.brightness(), jitter.contrast(), jitter.saturation(), jitter.hue());
    }

    private static String keyOf(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /**
     * The option of a key, with or without its section, a hyphen standing for an underscore: {@code batch_size},
     * {@code batch-size}, {@code schedule.batch_size}.
     *
     * @throws IllegalArgumentException if there is none; the message says which is nearest
     */
    public static TrainOption of(String name) {
        return find(name).orElseThrow(() -> unknown(List.of(name)));
    }

    static Optional<TrainOption> find(String name) {
        String key = name.replace('-', '_');
        return Arrays.stream(values())
                .filter(option -> key.equals(option.key) || key.equals(option.section.key() + "." + option.key))
                .findFirst();
    }

    /** The error on keys of which there is no option. */
    static IllegalArgumentException unknown(List<String> names) {
        return new IllegalArgumentException((names.size() == 1 ? "there is no " : "there are no ")
                + NearestName.unknown(
                        "option",
                        names,
                        name -> name.substring(name.lastIndexOf('.') + 1).replace('-', '_'),
                        Arrays.stream(values()).map(TrainOption::key).toList()));
    }

    /** The group it belongs to. */
    public Section section() {
        return section;
    }

    /** The name in YAML: {@code batch_size}. */
    public String key() {
        return key;
    }

    /** The name on a command line: {@code --batch-size}. */
    public String flag() {
        return "--" + key.replace('_', '-');
    }

    /** The value where none is given; empty if one must be given, or none is needed. */
    public Optional<String> defaultValue() {
        return standard.isEmpty() ? Optional.empty() : Optional.of(standard);
    }

    /** The possible values; empty if any of the right type will do. */
    public List<String> choices() {
        return kind.choices;
    }

    /** The placeholder of a value in help: {@code PATH}, {@code N}, {@code all|weights}. */
    public String label() {
        return kind.label();
    }

    /** Whether a run may be resumed with another value: matters of the machine and of the records, and more epochs. */
    public boolean changesOnResume() {
        return EnumSet.of(
                        EPOCHS,
                        PATIENCE,
                        TIME_LIMIT,
                        WORKERS,
                        CACHE,
                        CACHE_SIZE,
                        THREADS,
                        LOG_INTERVAL,
                        CHECKPOINT_INTERVAL,
                        CHECKPOINT_HIST,
                        CALIBRATE,
                        OUTPUT)
                .contains(this);
    }

    /** Whether its values are {@code true} and {@code false}, so that its name alone says {@code true}. */
    public boolean isSwitch() {
        return kind.equals(Kind.SWITCH);
    }

    /** Its description in a few words. */
    public String help() {
        return help;
    }

    /** Text, {@link Long}, {@link BigDecimal} or a list of those. */
    Object parse(String text) {
        Object value;
        try {
            value = kind.parser.apply(text);
        } catch (IllegalArgumentException e) { // NumberFormatException included
            throw new IllegalArgumentException(
                    key + ": expected " + kind.expected + ", found '" + text + "'"
                            + (kind.choices.isEmpty() ? "" : NearestName.hint(text, kind.choices)),
                    e);
        }
        for (Object number : value instanceof List<?> list ? list : List.of(value)) {
            if (number instanceof BigDecimal decimal && Math.abs(decimal.doubleValue()) > Float.MAX_VALUE) {
                throw new IllegalArgumentException(
                        key + ": expected numbers of at most 3.4e38, found '" + text + "'"); // those of float32
            }
        }
        return value;
    }

    /** The text of a parsed value. */
    static String text(Object value) {
        return value instanceof List<?> list
                ? list.stream().map(TrainOption::text).collect(Collectors.joining(","))
                : value instanceof BigDecimal number ? number.toPlainString() : Objects.toString(value);
    }

    /** The value in a configuration, as canonical text; empty if it has none. */
    Optional<String> of(TrainConfig config) {
        return Optional.ofNullable(value.apply(config)).map(given -> text(parse(unparsed(given))));
    }

    private static String unparsed(Object value) {
        return value instanceof List<?> list
                ? list.stream().map(Object::toString).collect(Collectors.joining(","))
                : value.toString();
    }
}
