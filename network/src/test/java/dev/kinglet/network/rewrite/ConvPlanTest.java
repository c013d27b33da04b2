package dev.kinglet.network.rewrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Models;
import dev.kinglet.network.Op;
import dev.kinglet.network.Scope;
import dev.kinglet.network.Shape;
import dev.kinglet.network.Window;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConvPlanTest {
    @Test
    void are_what_their_text_says() {
        ConvPlan plan = ConvPlan.byRule()
                .with(List.of("a.conv", "b.conv"), ConvImplementation.DENSE)
                .with(List.of("b.conv"), ConvImplementation.SPLIT);
        assertThat(plan.text()).isEqualTo("lanes=16,a.conv=dense,b.conv=split");
        assertThat(ConvPlan.parse(plan.text())).isEqualTo(plan);
        assertThat(ConvPlan.parse("lanes=8")).isEqualTo(ConvPlan.byRule().withChannelBlock(8));
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
        assertThatThrownBy(() -> ConvPlan.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void alike_convolutions_are_chosen_for_together() {
        Scope root = Scope.root();
        Layer x = root.conv("stem", root.input(Shape.image(8)), 16, Window.of(3));
        x = root.conv("one", x, 16, Window.of(3), 4);
        x = root.conv("two", x, 16, Window.of(3), 4);
        x = root.layer("write", new Op.ChannelMatrix(16, 16), root.conv("three", x, 16, Window.of(1), 4));
        root.linear("head", root.globalAverage("gap", root.depthwise("deep", x, Window.of(3))), 3, true);
        assertThat(ConvPlan.sites(Models.filled(root.build("small"))))
                .containsExactly(
                        new ConvPlan.Site(
                                "3x3 in 4 groups at 8x8 pixels",
                                List.of("one", "two"),
                                List.of(ConvImplementation.values())),
                        new ConvPlan.Site(
                                "1x1 in 4 groups at 8x8 pixels, added to others",
                                List.of("three"),
                                List.of(ConvImplementation.GROUPED, ConvImplementation.DENSE)));
    }
}
