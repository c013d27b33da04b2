package dev.kinglet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.cli.console.Console;
import dev.kinglet.toolkit.Recipes;
import dev.kinglet.train.options.Recipe;
import dev.kinglet.train.options.TrainConfig;
import dev.kinglet.train.options.TrainOption;
import dev.kinglet.train.options.TrainOptions;
import dev.kinglet.zoo.Variant;
import dev.kinglet.zoo.Zoo;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** The command in a run's report, given to a shell and to the parser of the command line. */
class RepeatCommandTest {
    private static TrainOptions options(String... assignments) {
        return TrainOptions.none().with("data=photos").with(List.of(assignments));
    }

    private static String command(TrainConfig config) {
        return config.repeatCommand(Recipes::config).orElseThrow();
    }

    /** What the program is given when a shell runs the command. */
    static List<String> words(String command) throws Exception {
        Process shell = new ProcessBuilder("sh", "-c", "kinglet() { printf '%s\\0' \"$@\"; }; " + command).start();
        String out = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(shell.waitFor()).isZero();
        return List.of(out.split("\0", -1))
                .subList(0, (int) out.chars().filter(c -> c == 0).count());
    }

    private static TrainOptions parsed(String command) throws Exception {
        List<String> words = words(command);
        assertThat(words.get(0)).isEqualTo("train");
        CommandLine.ParseResult found = TrainCommand.line(new Console(System.out, System.err, false))
                .parseArgs(words.subList(1, words.size()).toArray(String[]::new));
        TrainOptions options = TrainOptions.none();
        for (CommandLine.Model.OptionSpec option : found.matchedOptions()) {
            options = options.with(option.longestName().substring(2) + "="
                    + option.stringValues().get(0));
        }
        return options;
    }

    static Stream<List<String>> configurations() {
        return Stream.of(
                        Zoo.all().stream().map(Variant::name).map(name -> List.of("model=" + name)),
                        Recipe.all().stream().map(recipe -> List.of("recipe=" + recipe.name())),
                        Recipe.all().stream()
                                .map(recipe -> List.of(
                                        "recipe=" + recipe.name(),
                                        "model=resnet20_cifar",
                                        "hflip=0",
                                        "warmup_epochs=0",
                                        "epochs=30")),
                        Stream.of(
                                List.of("model=peleenet", "data=it's \"a $HOME\" `of` photos\\"),
                                List.of("model=peleenet", "data=-1", "output=@files", "mean=-1,0,1"),
                                List.of("model=peleenet", "opt=adamw", "weight_decay=0.00000001"),
                                List.of("model=peleenet", "model_ema=true", "deterministic=true"),
                                List.of("model=peleenet", "sched_on_updates=false", "recipe=peleenet"),
                                List.of("model=vgg19", "initial_checkpoint=w.safetensors", "lr=0.05"),
                                List.of("model=peleenet", "sched=onecycle", "epochs=1", "limit_train=0.3")))
                .flatMap(all -> all);
    }

    @ParameterizedTest
    @MethodSource("configurations")
    void the_command_comes_to_the_same_configuration(List<String> assignments) throws Exception {
        TrainConfig config = Recipes.config(options(assignments.toArray(String[]::new)));

        assertThat(Recipes.config(parsed(command(config)))).isEqualTo(config);
    }

    @Test
    void it_has_the_options_that_are_not_the_defaults_and_no_others() {
        TrainConfig config = Recipes.config(
                options("model=peleenet", "epochs=3", "batch_size=32", "opt=adamw", "lr=0.001", "data=my photos"));

        assertThat(command(config))
                .isEqualTo("kinglet train --data 'my photos' --model peleenet --opt adamw --epochs 3 --batch-size 32");
    }

    @Test
    void a_run_leaves_its_name_and_its_number_of_classes_out() {
        TrainConfig config = Recipes.config(options("model=peleenet", "name=first", "num_classes=16"));

        assertThat(command(config)).isEqualTo("kinglet train --data photos --model peleenet");
    }

    @Test
    void pretrained_weights_are_named_by_their_source_and_their_preprocessing_in_full() throws Exception {
        TrainConfig config = Recipes.config(options(
                "model=tf_mobilenetv2_100",
                "pretrained=hf:timm/mobilenetv2_100.ra_in1k@0123",
                "initial_checkpoint=/cache/model.safetensors"));

        TrainOptions parsed = parsed(command(config));
        assertThat(parsed.given())
                .contains(TrainOption.PRETRAINED, TrainOption.IMG_SIZE, TrainOption.MEAN, TrainOption.STD)
                .doesNotContain(TrainOption.INITIAL_CHECKPOINT);
        assertThat(Recipes.config(parsed.with("initial_checkpoint=/cache/model.safetensors")))
                .isEqualTo(config);
    }

    @Test
    void a_configuration_that_the_resolver_cannot_come_to_has_none() {
        TrainConfig config = TrainConfig.of(options("model=of_my_own"));

        assertThat(config.repeatCommand(Recipes::config)).isEmpty();
    }
}
