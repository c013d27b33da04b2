package dev.kinglet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.toolkit.synthetic.SyntheticImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calls and data that end before any native code is loaded: one line, the right status, nothing left behind. */
class WrongCallTest {
    @TempDir
    private Path folder;

    private Path images;

    @BeforeEach
    void draw() throws IOException {
        images = folder.resolve("images");
        SyntheticImages.draw(images, 3, 1, 1);
    }

    private Run train(Object... words) {
        List<Object> all = new ArrayList<>(List.of("train", "--output", folder.resolve("runs")));
        all.addAll(List.of(words));
        Run run = Run.kinglet(all.toArray());
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).hasLineCount(1).startsWith("kinglet: ");
        assertThat(folder.resolve("runs")).doesNotExist();
        return run;
    }

    @Test
    void training_needs_data_and_a_model() {
        assertThat(train("--model", "peleenet").err()).contains("--data is missing");
        assertThat(train("--data", images).err()).contains("--model is missing");
        assertThat(train("--data", images).status()).isEqualTo(2);
    }

    @Test
    void an_unknown_model_is_answered_with_the_nearest() {
        Run run = train("--data", images, "--model", "spgnet_s2p66");
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).contains("did you mean 'spgnet_s2p6'?");
    }

    @Test
    void unknown_options_and_keys_are_answered_with_the_nearest() throws IOException {
        assertThat(train("--data", images, "--bath-size", 3).err()).contains("did you mean '--batch-size'?");
        Run key = train("--data", images, "--model", "peleenet", "-o", "optimizer.weight_deca=3");
        assertThat(key.status()).isEqualTo(2);
        assertThat(key.err()).contains("did you mean 'weight_decay'?");
        Path recipe = Files.writeString(folder.resolve("recipe.yaml"), "epoch: 3\n");
        Run file = train("-c", recipe);
        assertThat(file.status()).isEqualTo(2);
        assertThat(file.err()).contains("recipe.yaml", "did you mean 'epochs'?");
    }

    @Test
    void all_unknown_options_and_keys_are_named_each_with_its_nearest() throws IOException {
        assertThat(train("--data", images, "--bath-size", 3, "--foo", "--lrr=2").err())
                .contains("unknown options '--bath-size' (did you mean '--batch-size'?), '--foo', '--lrr' (did you mean"
                        + " '--lr'?)");
        assertThat(train("-o", "foo=3", "-o", "optimizer.weight_deca=4", "-o", "lr=1")
                        .err())
                .contains("there are no options 'foo', 'optimizer.weight_deca' (did you mean 'weight_decay'?)");
        Path recipe = Files.writeString(folder.resolve("r.yaml"), "epoch: 3\nschedule:\n  bar: 1\nlr: 1\nfoo: 2\n");
        assertThat(train("-c", recipe).err())
                .contains("r.yaml: there are no options 'epoch' (did you mean 'epochs'?), 'schedule.bar', 'foo'");
    }

    @Test
    void a_mistyped_option_is_no_value_of_the_one_before() {
        assertThat(train("--resume", "--thread", 1).err())
                .contains("unknown option '--thread'; did you mean '--threads'?");
        assertThat(train("--resume", "--foo").err()).contains("unknown option '--foo'");
        assertThat(train("--data", images, "--name", "--foo").status()).isEqualTo(2);
        assertThat(train("--data", images, "--model", "peleenet", "--lr", "-0.5")
                        .err())
                .as("a negative number is a value")
                .contains("--lr is above 0, not -0.5");
    }

    @Test
    void choices_are_listed_in_lower_case_with_the_nearest() {
        assertThat(Run.kinglet("predict", "x.onnx", "a.png", "--format", "jsnl").err())
                .contains("--format: expected one of text, json, jsonl, csv, found 'jsnl'; did you mean 'jsonl'?");
        assertThat(Run.kinglet("export", "run", "--output", "x", "--format", "tim")
                        .err())
                .contains("--format: expected one of onnx, torch, timm, found 'tim'; did you mean 'timm'?");
        assertThat(Run.kinglet("export", "run", "--output", "x", "--calibrate-method", "min")
                        .err())
                .contains("--calibrate-method: expected one of minmax, percentile, entropy, found 'min'");
        assertThat(Run.kinglet("eval", "run", "--tta", "five").err())
                .contains(
                        "--tta: expected one of center, flip, flip-shift, five-crop, found 'five'; did you mean 'five-crop'?");
        assertThat(Run.kinglet("predict", "x.onnx", "a.png", "--exif-orientation", "FOLLOW")
                        .err())
                .contains("--exif-orientation: expected one of ignored, followed, found 'FOLLOW'");
        assertThat(Run.kinglet("data", "transform", "a.png", "--output", "x.npy", "--interpolation", "nearest")
                        .err())
                .contains("--interpolation: expected one of bilinear, bicubic, found 'nearest'");
    }

    @Test
    void an_option_inside_a_message_is_named_as_it_is_typed() throws IOException {
        Path classes = images.resolve("train");
        assertThat(train("--data", classes, "--model", "peleenet").err()).contains("say which with --val-every N");
        assertThat(train("--data", classes, "--model", "peleenet", "--split", "x")
                        .err())
                .contains("give --val-every N, or --split all");
        assertThat(train("--data", images, "--model", "peleenet", "--val-every", 5)
                        .err())
                .contains("leave out --val-every");
        assertThat(train("--data", classes, "--model", "peleenet", "--val-every", 5, "--split", "x")
                        .err())
                .contains("--val-every 5 and --split x both say");
        assertThat(train("--model", "peleenet", "-o", "val_every=5", "-o", "split=x", "-o", "data=" + classes)
                        .err())
                .contains("val_every 5 and split x both say");
        assertThat(train("--data", images, "--model", "peleenet", "--name", "a/b")
                        .err())
                .contains("--output says where that folder is made");
        Run info =
                Run.kinglet("data", "info", images, "--cls-label-path-val", folder.resolve("l.txt"), "--val-every", 5);
        assertThat(info.err()).contains("and so does --val-every 5; give one");
        assertThat(Run.kinglet("data", "transform", "p.png", "--output", "x.npy", "--mean", "124,117,104")
                        .err())
                .contains("--mean is on the scale 0 to 1, not [124.0, 117.0, 104.0]");
        assertThat(Run.kinglet("data", "transform", "p.png", "--output", "x.npy", "--std", "0,1,1")
                        .err())
                .contains("--std is above 0, not [0.0, 1.0, 1.0]");
    }

    @Test
    void a_file_that_is_missing_is_said_to_be_missing_once() {
        String reason = "there is no such file";
        Path missing = folder.resolve("nope.jpg");
        for (Run run : List.of(
                Run.kinglet("predict", folder.resolve("no.onnx"), images.resolve("train")),
                Run.kinglet("summary", folder.resolve("no.onnx")),
                Run.kinglet("data", "transform", missing, "--output", folder.resolve("x.npy")))) {
            assertThat(run.status()).isEqualTo(1);
            assertThat(run.err()).containsOnlyOnce(reason);
        }
        assertThat(Run.kinglet("data", "transform", missing, "--output", folder.resolve("x.npy"))
                        .err())
                .isEqualTo("kinglet: could not read " + missing + ": there is no such file or folder\n");
    }

    @Test
    void a_run_without_usable_configuration_is_named_with_its_file() throws IOException {
        Path run = Files.createDirectories(folder.resolve("run"));
        Files.writeString(run.resolve("args.yaml"), "epochs: 3\n");
        Files.writeString(run.resolve("labels.txt"), "a\nb\n");
        assertThat(Run.kinglet("eval", run).err())
                .isEqualTo("kinglet: " + run.resolve("args.yaml")
                        + ": the configuration of the run cannot be used: data is not given; it is the folder or archive"
                        + " of labeled images\n");
    }

    @Test
    void a_value_of_the_wrong_type_is_named_with_its_key() {
        Run run = train("--data", images, "--model", "peleenet", "--lr", "fast");
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).contains("--lr: expected a number, found 'fast'");
    }

    @Test
    void an_option_is_named_as_it_was_typed() throws IOException {
        assertThat(train("--data", images, "--model", "peleenet", "--epochs", 2, "--warmup-epochs", 5)
                        .err())
                .startsWith("kinglet: --warmup-epochs is 5.0, but the run has only 2 epochs");
        assertThat(train("--data", images, "--model", "peleenet", "--val_every", 1)
                        .err())
                .startsWith("kinglet: --val_every is at least 2");
        assertThat(train("--data", images, "--model", "peleenet", "--batch-size", 0, "-o", "lr=1")
                        .err())
                .startsWith("kinglet: --batch-size is at least 1");
        assertThat(train("--data", images, "--model", "peleenet", "-o", "batch_size=0")
                        .err())
                .startsWith("kinglet: batch_size is at least 1");
        Path recipe = Files.writeString(folder.resolve("typed.yaml"), "batch_size: 0\nmodel: peleenet\ndata: x\n");
        assertThat(train("-c", recipe).err()).startsWith("kinglet: batch_size is at least 1");
    }

    @Test
    void a_mean_of_values_up_to_255_is_refused_with_the_remedy() {
        assertThat(train("--data", images, "--model", "peleenet", "--mean", "124,117,104")
                        .err())
                .contains(
                        "--mean is on the scale 0 to 1, not [124.0, 117.0, 104.0]; divide values for images of 0 to 255"
                                + " by 255: 0.486,0.459,0.408");
        assertThat(train("--data", images, "--model", "peleenet", "--std", "58,57,57")
                        .err())
                .contains("--std is on the scale 0 to 1", "0.227,0.224,0.224");
    }

    @Test
    void a_cache_that_the_heap_does_not_hold_is_refused() {
        Run run = train("--data", images, "--model", "peleenet", "--cache-size", 100_000_000);
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).contains("--cache-size is 100000000 MiB, and a cache may take ", "--cache disk");
    }

    @Test
    void an_image_too_small_for_the_network_names_the_layer() {
        Run run = train("--data", images, "--model", "peleenet", "--img-size", 3, "--batch-size", 2);
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).contains("features.transition1_pool");
    }

    @Test
    void a_missing_folder_is_said_to_be_missing() {
        Run run = train("--data", folder.resolve("no/such"), "--model", "peleenet");
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).contains("there is no folder", "the nearest that exists is " + folder);
    }

    @Test
    void a_class_without_images_is_named() throws IOException {
        Files.createDirectories(images.resolve("train/zebra"));
        Run run = train("--data", images, "--model", "peleenet");
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).contains("zebra");
    }

    @Test
    void splits_of_different_classes_are_refused() throws IOException {
        Files.move(images.resolve("val/star"), images.resolve("val/planet"));
        Run run = train("--data", images, "--model", "peleenet");
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).contains("planet", "star");
    }

    @Test
    void a_batch_larger_than_the_data_is_refused() {
        Run run = train("--data", images, "--model", "peleenet", "--batch-size", 64);
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).contains("--batch-size is 64", "only 10 images");
    }

    @Test
    void a_run_to_resume_must_be_there() {
        Run newest = train("--resume");
        assertThat(newest.status()).isEqualTo(2);
        assertThat(newest.err()).contains("there is no run in");
        assertThat(train("--resume", images).err()).contains("is not the folder of a run");
    }

    @Test
    void a_resumed_run_keeps_its_configuration() {
        Run run = train("--resume", images, "--lr", 1);
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).contains("leave out --lr");
    }

    @Test
    void what_is_neither_run_nor_weights_nor_onnx_is_refused() throws IOException {
        Run folderGiven = Run.kinglet("eval", images);
        assertThat(folderGiven.status()).isEqualTo(2);
        assertThat(folderGiven.err()).contains("not of a run").hasLineCount(1);
        Path text = Files.writeString(folder.resolve("notes.txt"), "");
        assertThat(Run.kinglet("predict", text, text).err()).contains("expected a run's folder");
        Run missing = Run.kinglet("predict", folder.resolve("no.onnx"), text);
        assertThat(missing.status()).isEqualTo(1);
        assertThat(missing.err()).contains("no.onnx: there is no such file").hasLineCount(1);
    }

    @Test
    void a_folder_in_the_place_of_a_file_is_named() throws IOException {
        Path given = Files.createDirectory(folder.resolve("given"));
        String reason = given + ": it is a folder, and a file is expected";
        assertThat(train("-c", given).err()).contains(reason);
        assertThat(train("--data", images, "--model", "peleenet", "--labels", given)
                        .err())
                .contains(reason);
        assertThat(Run.kinglet("data", "info", images, "--cls-label-path-val", given)
                        .err())
                .contains(reason);
        Run weights = Run.kinglet("import", "--model", "peleenet", given, "--output", folder.resolve("x.safetensors"));
        assertThat(weights.err()).contains(given + ": is not a file, but a folder");
    }

    @Test
    void endings_in_capitals_are_endings() throws IOException {
        Path weights = Files.writeString(folder.resolve("W.SAFETENSORS"), "");
        assertThat(Run.kinglet("summary", weights).err()).contains("W.SAFETENSORS: the file ends");
        assertThat(Run.kinglet("summary", folder.resolve("MISSING.ONNX")).err())
                .contains("MISSING.ONNX: there is no such file");
        assertThat(Run.kinglet("benchmark", "infer", folder.resolve("MISSING.SAFETENSORS"))
                        .err())
                .contains("MISSING.SAFETENSORS: there is no such file");
        assertThat(Run.kinglet("export", weights, "--output", folder.resolve("X.ONNX"))
                        .err())
                .contains("W.SAFETENSORS: the file ends");
    }

    @Test
    void predict_takes_images_or_a_tensor() {
        assertThat(Run.kinglet("predict", "x.onnx").status()).isEqualTo(2);
        assertThat(Run.kinglet("predict", "x.onnx", "a.png", "--tensor", "b.npy")
                        .err())
                .contains("one of the two");
        assertThat(Run.kinglet("predict", "x.onnx", "a.png", "--topk", 0).err()).contains("--topk is at least 1");
    }

    @Test
    void a_benchmark_of_what_is_not_there_is_one_line() throws IOException {
        assertThat(Run.kinglet("benchmark").status()).isEqualTo(2);
        assertThat(Run.kinglet("benchmark", "x.onnx", "--train", "peleenet").err())
                .contains("takes one name of kinglet models")
                .hasLineCount(1);
        assertThat(Run.kinglet("benchmark").err()).contains("a command of benchmark is missing: one of infer");
        assertThat(Run.kinglet("benchmark", "infer").err()).contains("benchmark infer needs a network");
        assertThat(Run.kinglet("benchmark", "infer", "pelenet").err()).contains("did you mean 'peleenet'?");
        Run missing = Run.kinglet("benchmark", "--compare", folder.resolve("a.onnx"), folder.resolve("b.onnx"));
        assertThat(missing.status()).isEqualTo(1);
        assertThat(missing.err()).contains("a.onnx: there is no such file").hasLineCount(1);
        Path text = Files.writeString(folder.resolve("text.onnx"), "text");
        assertThat(Run.kinglet("benchmark", text).err())
                .contains("text.onnx", "not an ONNX file")
                .hasLineCount(1);
    }

    @Test
    void a_benchmark_takes_options_that_go_together() {
        assertThat(Run.kinglet("benchmark", "x.onnx", "--rounds", 0).err()).contains("--rounds is at least 1, not 0");
        assertThat(Run.kinglet("benchmark", "x.onnx", "--threads", 0).err()).contains("--threads is at least 1");
        assertThat(Run.kinglet("benchmark", "x.onnx", "--round-seconds", "-1").status())
                .isEqualTo(2);
        assertThat(Run.kinglet("benchmark", "infer", "x.onnx", "--num-classes", 3)
                        .err())
                .contains("unknown option '--num-classes'");
        assertThat(Run.kinglet("benchmark", "--train", "peleenet", "--pipeline", images)
                        .err())
                .contains("unknown option '--pipeline'");
        assertThat(Run.kinglet("benchmark", "pipeline", "peleenet", "--images", images)
                        .err())
                .contains("takes .onnx files, not peleenet");
        assertThat(Run.kinglet("benchmark", "pipeline", "x.onnx", "--images", images, "--batch-size", 2)
                        .err())
                .contains("unknown option '--batch-size'");
    }

    @Test
    void an_export_says_what_and_where() {
        assertThat(Run.kinglet("export", "--output", "x.onnx").status()).isEqualTo(2);
        assertThat(Run.kinglet("export", "run").err()).contains("--output");
        assertThat(Run.kinglet("export", "run", "--output", "x.txt").err()).contains("ends in .onnx");
        assertThat(Run.kinglet("export", "--model", "peleenet", "--output", "x.onnx", "--rewrite", "fold-batch-norm")
                        .err())
                .contains("did you mean 'fold-batch-norms'?");
        assertThat(Run.kinglet("export", "run", "--output", "x.onnx", "--int8").err())
                .contains("--int8 needs --calibrate DIR");
        assertThat(Run.kinglet("export", "run", "--output", "x.onnx", "--calibrate", "photos")
                        .err())
                .contains("--calibrate goes with --int8");
        assertThat(Run.kinglet("export", "run", "--output", "x.onnx", "--tune", "--rewrite", "none")
                        .err())
                .contains("--tune and --channel-block go with --rewrite all");
        assertThat(Run.kinglet("export", "run", "--output", "x.onnx", "--tune", "--lanes", "8")
                        .err())
                .contains("leave out --channel-block");
        for (String option : new String[] {"--lanes", "--channel-block"}) {
            for (int size : new int[] {0, 7, 32}) {
                assertThat(Run.kinglet("export", "run", "--output", "x.onnx", option, size)
                                .err())
                        .contains("16 (AVX-512) or 8 (AVX2), not " + size)
                        .hasLineCount(1);
            }
        }
    }
}
