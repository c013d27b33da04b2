package dev.kinglet.train.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.data.ListFiles;
import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageLimits;
import dev.kinglet.image.ImageTransform.PaddedRandomCrop.Border;
import dev.kinglet.image.augment.Augmentation;
import dev.kinglet.image.augment.BatchMixing;
import dev.kinglet.image.augment.ColorJitter;
import dev.kinglet.image.augment.RandAugment;
import dev.kinglet.network.Interpolation;
import dev.kinglet.network.Orientation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TrainOptionsTest {
    private static final TrainOptions LEAST =
            TrainOptions.none().with("data=photos").with("model=peleenet");

    @Test
    void what_is_not_given_has_its_standard_value() {
        TrainConfig config = TrainConfig.of(LEAST);

        assertThat(config.schedule().batchSize()).isEqualTo(64);
        assertThat(config.preprocessing().mean()).containsExactly(0.485, 0.456, 0.406);
        assertThat(config.optimizer().rule())
                .isEqualTo(new Optimizer.Sgd(0.9, Optimizer.Sgd.Momentum.NESTEROV, 1e-4, Optimizer.Decay.EVERYTHING));
        assertThat(config.model().numClasses()).isEmpty();
        assertThat(config.run().name()).isEmpty();
    }

    @Test
    void a_configuration_made_in_java_is_that_of_the_same_text() {
        TrainConfig java = TrainConfig.of(Path.of("photos"), "peleenet")
                .withValEvery(5)
                .withEpochs(1)
                .withBatchSize(16)
                .withImageSize(64)
                .withLearningRate(0.1)
                .withSeed(3)
                .withThreads(2)
                .withOutput(Path.of("out"))
                .withName("one");
        java = java.with(java.optimizer().withLabelSmoothing(0.1))
                .with(java.machine().withCache(Caching.NONE).withWorkers(1))
                .with(java.data().withClassBalance(ClassBalance.SAMPLE));
        TrainOptions text =
                LEAST.with("val_every=5").with("epochs=1").with("batch_size=16").with("img_size=64");
        text = text.with("lr=0.1")
                .with("seed=3")
                .with("threads=2")
                .with("output=out")
                .with("name=one");
        text = text.with("smoothing=0.1").with("cache=none").with("workers=1").with("class_balance=sample");

        assertThat(java).isEqualTo(TrainConfig.of(text));
        assertThat(TrainOptions.of(java).get(TrainOption.WARMUP_EPOCHS)).contains("0.5");
        assertThat(java.with(TrainOption.EPOCHS, "4").schedule().warmUpEpochs()).isEqualTo(1);
    }

    @Test
    void a_configuration_recorded_when_there_were_fewer_options_keeps_its_values() throws Exception {
        String yaml = new String(
                TrainOptionsTest.class.getResourceAsStream("args.yaml").readAllBytes(), StandardCharsets.UTF_8);

        TrainOptions recorded = TrainOptions.parse(yaml);
        TrainOptions written = TrainOptions.of(TrainConfig.of(recorded));

        assertThat(recorded.given())
                .allSatisfy(option ->
                        assertThat(written.get(option)).as(option.key()).isEqualTo(recorded.get(option)));
        assertThat(TrainOptions.parse(written.toYaml())).isEqualTo(written);
        assertThat(TrainOptions.of(TrainConfig.of(written))).isEqualTo(written);
    }

    @Test
    void an_optimizer_has_the_options_that_are_its_own() {
        assertThat(rule("opt=momentum")).isEqualTo(rule("opt=sgd"));
        assertThat(rule("opt=adamw"))
                .isEqualTo(new Optimizer.AdamW(0.9, 0.999, 1e-8, 1e-4, Optimizer.Decay.EVERYTHING));
        assertThat(rule("opt=rmsproptf"))
                .isEqualTo(new Optimizer.RmsProp(
                        0.9, 0.9, 1e-10, Optimizer.RmsProp.Form.TENSORFLOW, 1e-4, Optimizer.Decay.EVERYTHING));
        for (String opt : List.of("sgd", "nesterov", "adamw", "rmsprop", "rmsproptf", "lamb")) {
            TrainConfig config = TrainConfig.of(LEAST.with("opt=" + opt)
                    .with("opt_eps=1e-7")
                    .with("opt_betas=0.8,0.99")
                    .with("alpha=0.95")
                    .with("momentum=0.8")
                    .with("lr=0.01")
                    .with("warmup_epochs=1"));
            assertThat(TrainConfig.of(TrainOptions.parse(TrainOptions.of(config).toYaml())))
                    .isEqualTo(config);
        }
    }

    private static Optimizer rule(String option) {
        return TrainConfig.of(LEAST.with(option)).optimizer().rule();
    }

    @Test
    void the_learning_rate_that_was_not_given_follows_optimizer_and_start() {
        TrainConfig random = TrainConfig.of(LEAST);

        assertThat(random.learningRate()).isEqualTo(0.05);
        assertThat(random.with(random.model().withInitialCheckpoint(Path.of("w.pth")))
                        .learningRate())
                .isEqualTo(0.0005);
        assertThat(random.with(TrainOption.OPT, "adamw").learningRate()).isEqualTo(0.001);
        assertThat(random.with(TrainOption.OPT, "lamb")
                        .with(TrainOption.LR, "0.02")
                        .learningRate())
                .isEqualTo(0.02);
    }

    @Test
    void a_resumed_run_may_use_the_machine_otherwise_and_have_more_epochs() {
        TrainConfig run = TrainConfig.of(LEAST.with("warmup_epochs=1"));

        TrainConfig resumed = run.resumedWith(TrainOptions.none()
                .with("threads=3")
                .with("workers=1")
                .with("cache=none")
                .with("cache_size=10")
                .with("log_interval=5")
                .with("checkpoint_interval=60")
                .with("output=elsewhere")
                .with("epochs=40"));

        assertThat(resumed.machine().threads()).hasValue(3);
        assertThat(resumed.schedule().epochs()).isEqualTo(40);
        assertThat(resumed.run().output()).isEqualTo(Path.of("runs"));
        assertThatThrownBy(
                        () -> run.resumedWith(TrainOptions.none().with("lr=1").with("seed=2")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a resumed run keeps its configuration; leave out lr, seed, or begin another run");
        assertThatThrownBy(() -> run.resumedWith(TrainOptions.none().with("epochs=29")))
                .hasMessage("epochs is 29, but the run is to have 30; a resumed run can only be given more");
    }

    @Test
    void list_files_stand_in_for_folders_and_survive_too() {
        TrainOptions lists = LEAST.with("cls_label_path_train=lists/train.txt")
                .with("data.cls-label-path-val=val.txt")
                .with("warmup_epochs=1")
                .with("lr=0.05");
        TrainConfig config = TrainConfig.of(lists);

        assertThat(config.dataOptions().lists())
                .isEqualTo(new ListFiles(Optional.of(Path.of("lists/train.txt")), Optional.of(Path.of("val.txt"))));
        assertThat(config.data().classBalance()).isEqualTo(ClassBalance.NONE);
        assertThat(TrainConfig.of(TrainOptions.parse(TrainOptions.of(config).toYaml())))
                .isEqualTo(config);
        assertThatThrownBy(() -> TrainConfig.of(lists.with("split=val")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("list files say which images validate, and so does `split` val");
    }

    @Test
    void two_options_that_say_where_weights_come_from_are_laid_over_together() {
        TrainOptions resolved = LEAST.with("pretrained=hf:timm/net@main").with("initial_checkpoint=/cache/net");

        TrainOptions file =
                TrainOptions.none().with("initial_checkpoint=mine.pth").over(resolved);
        assertThat(file.get(TrainOption.PRETRAINED)).isEmpty();
        assertThat(file.get(TrainOption.INITIAL_CHECKPOINT)).contains("mine.pth");
        TrainOptions other = TrainOptions.none().with("pretrained=timm/other").over(resolved);
        assertThat(other.get(TrainOption.INITIAL_CHECKPOINT)).isEmpty();
        assertThat(TrainOptions.none().with("lr=0.1").over(resolved).get(TrainOption.PRETRAINED))
                .isPresent();
    }

    @Test
    void weights_that_were_not_fetched_are_not_begun_with() {
        assertThatThrownBy(() -> TrainConfig.of(LEAST.with("pretrained=timm/net")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("pretrained is timm/net, but its weights were not fetched");
    }

    @Test
    void every_option_survives_the_way_to_yaml_and_back() {
        TrainConfig config = TrainConfig.of(LEAST.with("val_every=5")
                .with("labels=names.txt")
                .with("max_pixels=1000000")
                .with("class_balance=sample")
                .with("num_classes=101")
                .with("pretrained=hf:timm/net.in1k@main")
                .with("initial_checkpoint=/tmp/some weights.pth")
                .with("recipe=photos: from scratch, #1")
                .with("img_size=128")
                .with("crop_pct=0.9375")
                .with("resize=exact")
                .with("interpolation=bicubic")
                .with("mean=0.5,0.5,0.5")
                .with("std=0.25, 0.25, 0.25")
                .with("exif_orientation=followed")
                .with("crop=padded")
                .with("scale=0.35,0.9")
                .with("padding=6")
                .with("hflip=0")
                .with("vflip=0.25")
                .with("rotate=10")
                .with("train_interpolation=random")
                .with("aa=rand-mstd0.5-m9-n2")
                .with("color_jitter=0.4,0.3,0.2,0.1")
                .with("lighting=0.1")
                .with("aug_repeats=2")
                .with("reprob=0.2")
                .with("remode=const")
                .with("mixup=0.8")
                .with("cutmix=1")
                .with("opt=sgd")
                .with("lr=1e-3")
                .with("momentum=0.5")
                .with("weight_decay=0.00005")
                .with("weight_decay_on=weights")
                .with("clip_grad=1.5")
                .with("clip_mode=agc")
                .with("head_lr=0.01")
                .with("layer_decay=0.7")
                .with("freeze=head")
                .with("model_ema=true")
                .with("model_ema_decay=0.999")
                .with("model_ema_warmup=true")
                .with("model_ema_bn=20")
                .with("model_ema_lookahead=5")
                .with("model_ema_ramp=3")
                .with("drop=0.3")
                .with("drop_path=0.2")
                .with("norm_weight_lr_scale=0")
                .with("norm_bias_lr_scale=64")
                .with("whiten=true")
                .with("zero_init_residual=true")
                .with("tta=flip")
                .with("padding_mode=reflect")
                .with("smoothing=0.1")
                .with("bce_loss=true")
                .with("group_lasso=1e-5")
                .with("epochs=7")
                .with("batch_size=17")
                .with("sched=step")
                .with("grad_accum_steps=4")
                .with("sched_on_updates=false")
                .with("warmup_epochs=2.5")
                .with("warmup_lr=1e-4")
                .with("cooldown_epochs=2")
                .with("decay_milestones=3,5.5")
                .with("patience_epochs=4")
                .with("patience=3")
                .with("time_limit=90")
                .with("limit_train=0.5")
                .with("limit_val=100")
                .with("near_duplicates=true")
                .with("deterministic=true")
                .with("checkpoint_hist=3")
                .with("min_lr=1E-7")
                .with("decay_epochs=3")
                .with("decay_rate=0.97")
                .with("seed=-9223372036854775808")
                .with("workers=3")
                .with("cache=disk")
                .with("cache_size=100")
                .with("threads=5")
                .with("amp=bfloat16")
                .with("log_interval=10")
                .with("checkpoint_interval=0.5")
                .with("calibrate=false")
                .with("output=/tmp/my runs")
                .with("name=null"));
        TrainOptions all = TrainOptions.of(config);

        assertThat(TrainOption.values())
                .filteredOn(option -> all.get(option).isEmpty())
                .containsExactly(
                        TrainOption.SPLIT,
                        TrainOption.CLS_LABEL_PATH_TRAIN,
                        TrainOption.CLS_LABEL_PATH_VAL,
                        TrainOption.OPT_BETAS, // of other optimizers
                        TrainOption.ALPHA,
                        TrainOption.OPT_EPS);
        assertThat(TrainOption.values())
                .filteredOn(
                        option -> all.get(option).isPresent() && all.get(option).equals(option.defaultValue()))
                .containsExactly(
                        TrainOption.DECODE, // 'reduced' does not go with this crop
                        TrainOption.FLIP_MODE); // nor 'alternating' with this hflip
        assertThat(TrainOptions.parse(all.toYaml())).isEqualTo(all);
        assertThat(TrainConfig.of(TrainOptions.parse(all.toYaml()))).isEqualTo(config);
        assertThat(config.data().valEvery()).isEqualTo(OptionalInt.of(5));
        assertThat(config.preprocessing().interpolation()).isEqualTo(Interpolation.BICUBIC);
        assertThat(config.dataOptions().decoder())
                .isEqualTo(new ImageDecoder(ImageLimits.defaults().withMaxPixels(1_000_000), Orientation.FOLLOWED));
        assertThat(config.augmentation())
                .isEqualTo(new Augmentation(
                        new Augmentation.Cropping(
                                Augmentation.Crop.PADDED, 0.35, 0.9, 6, Border.REFLECT, Augmentation.Decoding.FULL),
                        Augmentation.Resizing.RANDOM,
                        0,
                        Augmentation.FlipMode.RANDOM,
                        0.25,
                        10,
                        Optional.of(RandAugment.parse("rand-m9-mstd0.5")),
                        new ColorJitter(0.4, 0.3, 0.2, 0.1),
                        0.1,
                        new Augmentation.Erasing(0.2, Augmentation.Fill.CONST),
                        new BatchMixing(0.8, 1),
                        2));
        assertThat(all.get(TrainOption.AA)).contains("rand-m9-mstd0.5");
        assertThat(config.optimizer().rule())
                .isEqualTo(new Optimizer.Sgd(0.5, Optimizer.Sgd.Momentum.CLASSIC, 5e-5, Optimizer.Decay.WEIGHTS));
        assertThat(config.schedule())
                .isEqualTo(ScheduleSettings.of(7, 17)
                        .withPeak(1e-3)
                        .withAccumulation(4)
                        .withWarmUp(new ScheduleSettings.WarmUp(OptionalDouble.of(2.5), OptionalDouble.of(1e-4)))
                        .withCooldown(2)
                        .withOnUpdates(false)
                        .withDecay(ScheduleSettings.Decay.of(ScheduleSettings.Kind.STEP)
                                .withMinimum(1e-7)
                                .withEpochs(3)
                                .withMilestones(List.of(3.0, 5.5))
                                .withPatience(4)
                                .withRate(0.97)));
        assertThat(config.optimizer().clipping())
                .contains(new OptimizerSettings.Clipping(OptimizerSettings.Clipping.Mode.AGC, 1.5));
        assertThat(config.optimizer().ema())
                .contains(
                        new OptimizerSettings.Ema(0.999, true, 20, Optional.of(new OptimizerSettings.Lookahead(5, 3))));
        assertThat(config.optimizer().rates())
                .isEqualTo(new ParameterRates(
                        OptionalDouble.of(0.01), 0.7, ParameterRates.ALL_BUT_HEAD, new ParameterRates.Norm(0, 64)));
        assertThat(config.run().seed()).isEqualTo(Long.MIN_VALUE);
        assertThat(config.run().name()).isEqualTo(Optional.of("null"));
        assertThat(config.dataOptions().valEvery()).isEqualTo(OptionalInt.of(5));
        assertThat(config.with(TrainOption.SEED, "3").run().seed()).isEqualTo(3);
    }

    @Test
    void the_yaml_has_a_line_for_each_option_by_sections() {
        assertThat(LEAST.with("lr=0.00001")
                        .with("mean=0.5,0.5,1")
                        .with("model=2024")
                        .toYaml())
                .isEqualTo("""
                        # data
                        data: photos
                        # model
                        model: "2024"
                        # input
                        mean:
                        - 0.5
                        - 0.5
                        - 1
                        # optimizer
                        lr: 0.00001
                        """);
    }

    @Test
    void yaml_may_be_flat_or_in_sections() {
        TrainOptions flat = TrainOptions.parse("lr: 0.1\nval_every: 5\nmean: [0.1, 0.2, 0.3]\nsplit: null\n");

        assertThat(TrainOptions.parse("optimizer: {lr: 1e-1}\ndata: {val_every: 5}\nmean: 0.1, 0.2, 0.3\n"))
                .isEqualTo(flat);
        assertThat(TrainOptions.parse("# nothing\n")).isEqualTo(TrainOptions.none());
    }

    @Test
    void options_lie_over_each_other() {
        TrainOptions recipe = TrainOptions.none().with("lr=0.1").with("epochs=120");

        TrainOptions both = TrainOptions.none().with("optimizer.lr=0.2").over(recipe);

        assertThat(both.get(TrainOption.LR)).contains("0.2");
        assertThat(both.get(TrainOption.EPOCHS)).contains("120");
        assertThat(both.get(TrainOption.SEED)).isEmpty();
        assertThat(TrainOptions.none().with("warmup-epochs = 3 ").get(TrainOption.WARMUP_EPOCHS))
                .contains("3");
    }

    @Test
    void a_number_that_float32_does_not_hold_is_refused() {
        assertThatThrownBy(() -> LEAST.with("lr=1e39"))
                .hasMessage("lr: expected numbers of at most 3.4e38, found '1e39'");
        assertThatThrownBy(() -> LEAST.with("opt_betas=0.9,1e40")).hasMessageContaining("at most 3.4e38");
    }

    @Test
    void a_file_that_holds_no_options_is_named(@TempDir Path folder) throws IOException {
        Path binary = Files.write(folder.resolve("binary.yaml"), new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});
        assertThatThrownBy(() -> TrainOptions.read(binary))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(binary + " is not text in UTF-8");
        Path huge = Files.writeString(folder.resolve("huge.yaml"), "model: " + "a".repeat(1 << 20));
        assertThatThrownBy(() -> TrainOptions.read(huge)).hasMessageContaining("at most 0.3 MiB");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "bach_size: 3         | there is no option 'bach_size'; did you mean 'batch_size'?",
                "optimizer: {lrr: 3}  | there is no option 'optimizer.lrr'; did you mean 'lr'?",
                "schedule: {lr: 3}    | there is no option 'schedule.lr'; did you mean 'lr'?",
                "batch_size: many     | batch_size: expected a whole number, found 'many'",
                "batch_size: 1.5      | batch_size: expected a whole number, found '1.5'",
                "batch_size: [1, 2]   | batch_size: expected a whole number, found '1,2'",
                "lr: nan              | lr: expected a number, found 'nan'",
                "lr: fast             | lr: expected a number, found 'fast'",
                "lr: 1e999999999      | lr: expected a number, found '1E+999999999'",
                "lr: {a: {b: 1}}      | there is no option 'lr.a'",
                "optimizer: {lr: {a: 1}} | lr: expected a value, found further keys",
                "mean: 0.5,a,0.5      | mean: expected numbers with commas between them, found '0.5,a,0.5'",
                "sched: cosin         | sched: expected one of cosine, step, multistep, poly, plateau, onecycle, constant, found 'cosin'; did you mean 'cosine'?",
                "{lr: 1, optimizer: {lr: 2}} | `lr` is given twice; leave one of them out",
                "lr                   | expected lines of 'key: value', found STRING",
            })
    void what_cannot_be_used_is_named(String yaml, String message) {
        assertThatThrownBy(() -> TrainOptions.parse(yaml))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }

    @Test
    void broken_yaml_is_refused_with_its_line() {
        assertThatThrownBy(() -> TrainOptions.parse("lr: 0.1\nmean: [0.5,\n"))
                .hasMessageStartingWith("line 2 is not YAML");
        assertThatThrownBy(() -> TrainOptions.parse("lr: 0.1\nlr: 0.2\n")).hasMessageContaining("uplicate");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "batch_size=0       | batch_size is at least 1, not 0",
                "batch_size=3000000000 | batch_size: 3000000000 is too large",
                "mean=0.5,0.5       | mean: expected 3 numbers, found 2",
                "scale=0.5,0.2      | scale is two fractions",
                "warmup_epochs=30   | warmup_epochs is 30.0, but the run has only 30 epochs",
                "lr=0               | lr is above 0, not 0",
                "min_lr=1           | min_lr lies between 0 and the peak of 0.05, not at 1",
                "warmup_lr=5        | warmup_lr lies between 0 and the peak of 0.05, not at 5",
                "epochs=2147483647  | epochs is at most 1000000, not 2147483647",
                "momentum=1         | momentum lies in [0, 1)",
                "smoothing=1        | smoothing lies in [0, 1)",
                "val_every=1        | val_every is at least 2",
                "name=a/b           | name: expected the name of one folder, found 'a/b'",
                "checkpoint_interval=-1 | checkpoint_interval is 0 seconds or more",
                "decay_epochs=0     | decay_epochs is above 0",
                "hflip=2            | hflip is a probability",
                "vflip=-1           | vflip is a probability",
                "reprob=1.5         | reprob is a probability",
                "rotate=270         | rotate is an angle in [0, 180] degrees",
                "lighting=-1        | lighting is a standard deviation",
                "aa=rand-m9-w0      | aa: 'rand-m9-w0' does not say how to augment: 'w0' is none of",
                "color_jitter=1,2   | color_jitter: expected 1 number for all",
                "color_jitter=0,0,0,0.6 | color jitter shifts the hue by a fraction in [0, 0.5]",
                "mixup=-1           | mixup is the alpha",
                "max_pixels=0       | max_pixels: images are limited to 1 to 715827866 pixels, not 0",
                "num_classes=1      | num_classes is at least 2",
            })
    void a_value_no_run_can_have_is_refused(String assignment, String message) {
        TrainOptions options = LEAST.with(assignment);

        assertThatThrownBy(() -> TrainConfig.of(options))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }

    @Test
    void augmentation_is_a_random_part_and_a_flip_by_default() {
        assertThat(TrainConfig.of(LEAST).augmentation())
                .isEqualTo(new Augmentation(Augmentation.Cropping.randomResized(0.08), 0.5));
        assertThat(TrainConfig.of(LEAST.with("decode=reduced"))
                        .augmentation()
                        .crop()
                        .decoding())
                .isEqualTo(Augmentation.Decoding.REDUCED);
    }

    @Test
    void jitter_of_one_strength_leaves_the_hue_alone() {
        assertThat(TrainConfig.of(LEAST.with("color_jitter=0.4")).augmentation().jitter())
                .isEqualTo(new ColorJitter(0.4, 0.4, 0.4, 0));
        assertThat(TrainConfig.of(LEAST.with("color_jitter=0.4,0.4,0.2"))
                        .augmentation()
                        .jitter())
                .isEqualTo(new ColorJitter(0.4, 0.4, 0.2, 0));
        assertThat(TrainOptions.of(TrainConfig.of(LEAST.with("color_jitter=0.4,0.4,0.4")))
                        .get(TrainOption.COLOR_JITTER))
                .contains("0.4");
        assertThat(TrainConfig.of(LEAST.with("aa=rand").with("aa=none"))
                        .augmentation()
                        .randAugment())
                .isEmpty();
    }

    @Test
    void data_and_model_have_to_be_given() {
        assertThatThrownBy(() -> TrainConfig.of(TrainOptions.none().with("data=photos")))
                .hasMessageStartingWith("`model` is not given");
        assertThatThrownBy(() -> TrainOptions.none().with("lr")).hasMessageContaining("key=value");
    }

    @Test
    void a_file_is_named_in_its_errors(@TempDir Path folder) throws Exception {
        Path recipe = Files.writeString(folder.resolve("recipe.yaml"), "epoch: 3\n");

        assertThatThrownBy(() -> TrainOptions.read(recipe))
                .hasMessage(recipe + ": there is no option 'epoch'; did you mean 'epochs'?");
    }

    @ParameterizedTest
    @EnumSource(TrainOption.class)
    void every_option_can_become_one_of_a_command_line(TrainOption option) {
        assertThat(option.flag()).matches("--[a-z][a-z-]*");
        assertThat(option.help()).isNotBlank();
        assertThat(TrainOption.of(option.flag().substring(2))).isEqualTo(option);
        assertThat(TrainOption.of(option.section().key() + "." + option.key())).isEqualTo(option);
        option.defaultValue().ifPresent(value -> {
            assertThat(TrainOption.text(option.parse(value))).isEqualTo(value);
            assertThat(option.choices().isEmpty() ? List.of(value) : option.choices())
                    .contains(value);
        });
    }
}
