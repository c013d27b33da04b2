package dev.kinglet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What the program makes of the words it is called with. */
class CallTest {
    @Test
    void help_goes_to_standard_output_and_is_no_failure() {
        for (String[] words : new String[][] {{"--help"}, {"-h"}, {"summary", "--help"}}) {
            Run run = Run.kinglet((Object[]) words);
            assertThat(run.status()).isZero();
            assertThat(run.out()).contains("Usage: kinglet").contains("--debug");
            assertThat(run.err()).isEmpty();
        }
    }

    @Test
    void the_version_is_the_builds() {
        Run run = Run.kinglet("--version");
        assertThat(run.status()).isZero();
        assertThat(run.out()).matches("kinglet \\d+\\.\\d+\\.\\d+\\S* \\(Java .*\\)\\R");
    }

    @Test
    void a_call_without_a_command_lists_the_commands() {
        Run run = Run.kinglet();
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err())
                .startsWith("kinglet: a command is missing: one of ")
                .contains("models");
    }

    @Test
    void an_unknown_command_is_answered_with_the_nearest() {
        Run run = Run.kinglet("sumary", "peleenet");
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).startsWith("kinglet: unknown command 'sumary'; did you mean 'summary'?");
    }

    @Test
    void an_unknown_option_is_answered_with_the_nearest() {
        Run run = Run.kinglet("summary", "peleenet", "--image-size=64");
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).startsWith("kinglet: unknown option '--image-size'; did you mean '--img-size'?");
        assertThat(run.out()).isEmpty();
    }

    @Test
    void an_unknown_model_is_answered_with_the_nearest() {
        Run run = Run.kinglet("summary", "pelenet");
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.lastLine()).startsWith("kinglet: there is no model 'pelenet'; did you mean 'peleenet'?");
    }

    @Test
    void a_value_of_the_wrong_type_is_named_with_its_option() {
        Run run = Run.kinglet("summary", "peleenet", "--img-size", "large");
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).contains("'--img-size'").contains("'large'").doesNotContain("\tat ");
    }

    @Test
    void an_argument_too_many_is_named() {
        Run run = Run.kinglet("models", "peleenet");
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).contains("'peleenet' is one argument too many");
    }

    @Test
    void an_image_too_small_for_a_network_is_a_wrong_call_that_names_the_layer() {
        Run run = Run.kinglet("summary", "peleenet", "--img-size", "3");
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).contains("features.transition1_pool").hasLineCount(1);
    }

    @Test
    void debug_adds_the_stack_trace() {
        Run run = Run.kinglet("summary", "peleenet", "--img-size", "3", "--debug");
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).contains("\tat dev.kinglet.");
    }

    @Test
    void underscores_stand_for_hyphens_in_names_and_never_in_values() {
        assertThat(Arguments.normalize(new String[] {"--img_size=a_b", "--num_classes", "x_y", "--", "--a_b"}))
                .containsExactly("--img-size=a_b", "--num-classes", "x_y", "--", "--a_b");
        assertThat(Run.kinglet("summary", "peleenet", "--img_size", 64, "--num_classes=3")
                        .out())
                .contains("3x64x64 -> 3 classes");
    }
}
