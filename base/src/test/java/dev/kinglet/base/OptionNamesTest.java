package dev.kinglet.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OptionNamesTest {
    private static String shown(String message) {
        return OptionNames.in(message, key -> "--" + key.replace('_', '-'), word -> word.equals("lr") ? "--lr" : word);
    }

    @Test
    void a_key_in_backquotes_or_at_the_beginning_is_shown_as_it_is_typed() {
        assertThat(shown("photos is divided already; leave out `val_every`"))
                .isEqualTo("photos is divided already; leave out --val-every");
        assertThat(shown("lr is above 0, not -1")).isEqualTo("--lr is above 0, not -1");
        assertThat(shown("lr: expected a number")).isEqualTo("--lr: expected a number");
    }

    @Test
    void other_words_and_quotes_stay() {
        assertThat(shown("lrs are in `$1` of 'lr'")).isEqualTo("lrs are in `$1` of 'lr'");
        assertThat(OptionNames.asKeys("`data` is not given")).isEqualTo("data is not given");
    }
}
