package dev.kinglet.example.djl;

import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.repository.zoo.ZooModel;
import dev.kinglet.djl.KingletCriteria;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Example 10: images classified together by DJL, with Kinglet's pixels and scores. Arguments: {@code MODEL.onnx IMAGE...}.
 */
final class ClassifyWithDjl {
    private ClassifyWithDjl() {}

    public static void main(String[] args) throws Exception {
        List<Path> images = Arrays.stream(args).skip(1).map(Path::of).toList();
        try (ZooModel<Path, Classifications> model =
                        KingletCriteria.of(Path.of(args[0]), Path.class).loadModel();
                Predictor<Path, Classifications> predictor = model.newPredictor()) {
            for (Classifications answer : predictor.batchPredict(images)) {
                Classifications.Classification best = answer.best();
                System.out.printf("%6.2f %%  %s%n", 100 * best.getProbability(), best.getClassName());
            }
        }
    }
}
