import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.repository.zoo.ZooModel;
import dev.kinglet.djl.KingletCriteria;
import java.nio.file.Path;

public final class Djl {
    public static void main(String[] args) throws Exception { // MODEL.onnx PHOTO
        Path file = Path.of(args[0]);
        try (ZooModel<Path, Classifications> model = KingletCriteria.of(file, Path.class).loadModel();
                Predictor<Path, Classifications> predictor = model.newPredictor()) {
            Classifications.Classification best = predictor.predict(Path.of(args[1])).best();
            System.out.println(best.getClassName() + " " + best.getProbability());
        }
    }
}
