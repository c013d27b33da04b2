package dev.kinglet.infer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.infer.Tuner.Trial;
import dev.kinglet.network.Card;
import dev.kinglet.network.Initialization;
import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.Network;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Scope;
import dev.kinglet.network.Shape;
import dev.kinglet.network.Window;
import dev.kinglet.network.rewrite.ConvPlan;
import dev.kinglet.onnx.InputType;
import dev.kinglet.onnx.OnnxFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("native")
class TunerTest {
    private static final int PIXELS = 32;

    private static Model grouped() {
        Scope root = Scope.root();
        Layer x = root.relu(root.conv("stem", root.input(Shape.image(PIXELS)), 32, Window.of(3)));
        x = root.conv("grouped", x, 32, Window.of(3), 8);
        root.linear("head", root.globalAverage("gap", x), 2, true);
        Network network = root.build("small");
        Card card = new Card(
                "small", List.of("otter", "beaver"), Preprocessing.imagenet().withInputSize(PIXELS));
        return new Model(network, Initialization.fanOut(0.01).draw(network, new Random(1)), card);
    }

    @Test
    void what_a_search_keeps_is_faster_by_its_own_measure_and_stands_in_the_file(@TempDir Path folder)
            throws IOException {
        Model model = grouped();
        List<Trial> trials = new ArrayList<>();
        ConvPlan plan = new Tuner(model, trials::add).tune();
        assertThat(trials).isNotEmpty().allMatch(trial -> trial.kept() == trial.speedup() > 1.015);
        assertThat(trials).extracting(Trial::choice).anyMatch(choice -> choice.startsWith("3x3 in 8 groups at 32x32"));

        Path file = folder.resolve("tuned.onnx");
        ExportReport report =
                Exporter.tuned(plan, "this machine", InputType.FLOAT32).export(model, file);
        assertThat(report.difference()).isLessThan(Exporter.TOLERANCE);
        Card card = OnnxFile.read(file).card();
        assertThat(ConvPlan.parse(card.provenance().getOrDefault(Card.CONV_PLAN, "")))
                .isEqualTo(plan);
        assertThat(card.provenance()).containsEntry(Card.TUNED_ON, "this machine");
    }
}
