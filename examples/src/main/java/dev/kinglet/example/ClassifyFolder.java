package dev.kinglet.example;

import dev.kinglet.image.ImageException;
import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.ClassifierOptions;
import dev.kinglet.infer.LabeledScore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Example 2: all images of a folder, several at once, by one classifier that all threads share; a damaged image costs only
 * itself. Arguments: {@code MODEL.onnx FOLDER}.
 */
final class ClassifyFolder {
    private ClassifyFolder() {}

    public static void main(String[] args) throws IOException {
        ClassifierOptions options = ClassifierOptions.defaults().withTopK(1).withWarmUp();
        try (Classifier classifier = Classifier.open(Path.of(args[0]), options);
                Stream<Path> images = Files.list(Path.of(args[1]))) {
            images.sorted().parallel().map(image -> line(classifier, image)).forEachOrdered(System.out::println);
        }
    }

    private static String line(Classifier classifier, Path image) {
        try {
            LabeledScore best = classifier.classify(image).get(0);
            return image.getFileName() + ": " + best.label() + " (" + Math.round(100 * best.score()) + " %)";
        } catch (ImageException e) {
            return image.getFileName() + ": " + e.getMessage();
        }
    }
}
