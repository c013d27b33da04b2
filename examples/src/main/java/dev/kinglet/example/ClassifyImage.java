package dev.kinglet.example;

import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.LabeledScore;
import java.io.IOException;
import java.nio.file.Path;

/** Example 1: one image, one exported model, the best five classes. Arguments: {@code MODEL.onnx IMAGE}. */
final class ClassifyImage {
    private ClassifyImage() {}

    public static void main(String[] args) throws IOException {
        try (Classifier classifier = Classifier.open(Path.of(args[0]))) {
            for (LabeledScore best : classifier.classify(Path.of(args[1]))) {
                System.out.printf("%6.2f %%  %s%n", 100 * best.score(), best.label());
            }
        }
    }
}
