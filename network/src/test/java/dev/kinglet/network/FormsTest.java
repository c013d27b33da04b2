package dev.kinglet.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FormsTest {
    @Test
    void are_what_their_text_says() {
        Forms forms =
                Forms.byRule().with(List.of("a.conv", "b.conv"), Form.DENSE).with(List.of("b.conv"), Form.SPLIT);
        assertThat(forms.text()).isEqualTo("lanes=16,a.conv=dense,b.conv=split");
        assertThat(Forms.parse(forms.text())).isEqualTo(forms);
        assertThat(Forms.parse("lanes=8")).isEqualTo(Forms.byRule().withLanes(8));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a=dense",
                "lanes=x",
                "lanes=0",
                "lanes=8,a",
                "lanes=8,a=",
                "lanes=8,=dense",
                "lanes=8,a=flat",
                "lanes=8,a=dense,a=split",
                "lanes=8,"
            })
    void a_text_that_is_none_is_refused(String text) {
        assertThatThrownBy(() -> Forms.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void alike_convolutions_are_chosen_for_together() {
        Scope root = Scope.root();
        Layer x = root.conv("stem", root.input(Shape.image(8)), 16, Window.of(3));
        x = root.conv("one", x, 16, Window.of(3), 4);
        x = root.conv("two", x, 16, Window.of(3), 4);
        x = root.layer("write", new Op.ChannelMatrix(16, 16), root.conv("three", x, 16, Window.of(1), 4));
        root.linear("head", root.globalAverage("gap", root.depthwise("deep", x, Window.of(3))), 3, true);
        assertThat(Forms.sites(Models.filled(root.build("small"))))
                .containsExactly(
                        new Forms.Site("3x3 in 4 groups at 8x8 pixels", List.of("one", "two"), List.of(Form.values())),
                        new Forms.Site(
                                "1x1 in 4 groups at 8x8 pixels, added to others",
                                List.of("three"),
                                List.of(Form.GROUPED, Form.DENSE)));
    }
}
