package dev.kinglet.models;

import dev.kinglet.infer.Classifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * CIFAR-10's test images as PNG files in folders by class.
 *
 * @param files one per image
 */
record TestImages(List<Path> files) {
    static TestImages of(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return new TestImages(files.filter(Files::isRegularFile).sorted().toList());
        }
    }

    /** Images in percent of which the best class is the right one, by one view of each. */
    double top1(Classifier classifier) throws IOException {
        int right = 0;
        for (Path file : files) {
            String found = classifier.classify(file).get(0).label();
            right += found.equals(String.valueOf(file.getName(file.getNameCount() - 2))) ? 1 : 0;
        }
        return 100.0 * right / files.size();
    }
}
