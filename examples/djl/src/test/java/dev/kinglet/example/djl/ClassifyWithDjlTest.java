package dev.kinglet.example.djl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.LabeledScore;
import dev.kinglet.models.Models;
import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("native")
class ClassifyWithDjlTest {
    @TempDir
    private Path folder;

    @Test
    void each_image_gets_its_best_class_with_the_classifiers_score() throws Exception {
        List<Path> images = List.of(
                Drawings.drawn(folder.resolve("a.jpg"), Color.CYAN, Color.GRAY),
                Drawings.drawn(folder.resolve("b.jpg"), Color.GREEN, Color.DARK_GRAY),
                Drawings.ship(folder));
        String[] arguments = {
            Drawings.model(folder).toString(),
            images.get(0).toString(),
            images.get(1).toString(),
            images.get(2).toString()
        };
        PrintStream before = System.out;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            ClassifyWithDjl.main(arguments);
        } finally {
            System.setOut(before);
        }
        String[] lines = bytes.toString(StandardCharsets.UTF_8).stripTrailing().split("\\R");
        assertThat(lines).hasSize(3);
        try (Classifier classifier = Models.cifar10()) {
            for (int i = 0; i < lines.length; i++) {
                LabeledScore best = classifier.classify(images.get(i)).get(0);
                assertThat(lines[i]).isEqualTo(String.format("%6.2f %%  %s", 100 * best.score(), best.label()));
            }
        }
    }
}
