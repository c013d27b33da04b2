package dev.kinglet.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.djl.engine.Engine;
import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.repository.zoo.ZooModel;
import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.ClassifierOptions;
import dev.kinglet.infer.LabeledScore;
import dev.kinglet.toolkit.Export;
import dev.kinglet.toolkit.WeightImport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A published MobileNetV2 on 200 photos of ImageNet: the accuracy that PyTorch has with it, and the scores of
 * {@link Classifier}. Folders are named by the environment variables KINGLET_WEIGHTS and KINGLET_DATA.
 */
@Tag("native")
@Tag("data")
class ImageNetPhotosTest {
    private static final int TOGETHER = 10;

    @TempDir
    private Path folder;

    private static Path given(String variable, String name) {
        String value = System.getenv(variable);
        assumeThat(value).as(variable).isNotNull();
        Path path = Path.of(value).resolve(name);
        assumeThat(path).exists();
        return path;
    }

    private record Photo(Path file, int index) {}

    private static List<Photo> photos(Path list) throws IOException {
        List<Photo> photos = new ArrayList<>();
        for (String line : Files.readAllLines(list)) {
            int blank = line.lastIndexOf(' ');
            photos.add(new Photo(
                    list.resolveSibling(line.substring(0, blank)), Integer.parseInt(line.substring(blank + 1))));
        }
        return photos;
    }

    @Test
    void djl_has_the_classifiers_scores_and_the_accuracy_of_pytorch() throws Exception {
        Path weights = given("KINGLET_WEIGHTS", "tf_mobilenetv2_100.safetensors");
        Path names = given("KINGLET_DATA", "imagenet-200/imagenet_classes.txt");
        List<String> labels = Files.readAllLines(names);
        Engine.getEngine("OnnxRuntime"); // before Kinglet: it sets up ONNX Runtime itself
        Path imported = folder.resolve("mobilenetv2.safetensors");
        WeightImport.of("tf_mobilenetv2_100", weights).labels(labels).write(imported);
        Path onnx = folder.resolve("mobilenetv2.onnx");
        Export.of(imported).to(onnx);

        List<Photo> photos = photos(names.resolveSibling("labels.txt"));
        int right = 0;
        int scores = 0;
        double largest = 0;
        try (Classifier classifier =
                        Classifier.open(onnx, ClassifierOptions.defaults().withTopK(1000));
                ZooModel<Path, Classifications> model =
                        KingletCriteria.of(onnx, Path.class).loadModel();
                Predictor<Path, Classifications> predictor = model.newPredictor()) {
            for (int from = 0; from < photos.size(); from += TOGETHER) {
                List<Photo> some = photos.subList(from, from + TOGETHER);
                List<Classifications> answers =
                        predictor.batchPredict(some.stream().map(Photo::file).toList());
                for (int i = 0; i < TOGETHER; i++) {
                    Classifications answer = answers.get(i);
                    Map<String, Double> differences = new HashMap<>(); // two names belong to two classes each
                    List<Classifications.Classification> items = answer.items();
                    items.forEach(item -> differences.merge(item.getClassName(), item.getProbability(), Double::sum));
                    for (LabeledScore expected : classifier.classify(some.get(i).file())) {
                        differences.merge(expected.label(), -expected.score(), Double::sum);
                        scores++;
                    }
                    for (double difference : differences.values()) {
                        largest = Math.max(largest, Math.abs(difference));
                    }
                    String best = answer.best().getClassName();
                    right += best.equals(labels.get(some.get(i).index())) ? 1 : 0;
                }
            }
        }
        System.out.printf(
                "%d of %d photos right, largest difference of %d scores %.3g%n", right, photos.size(), scores, largest);
        assertThat(photos).hasSize(200);
        assertThat(scores).isEqualTo(200 * 1000);
        assertThat(largest).isLessThanOrEqualTo(1e-6);
        assertThat(100.0 * right / photos.size()).isCloseTo(88.5, within(0.51));
    }
}
