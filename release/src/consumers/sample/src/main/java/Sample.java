import dev.kinglet.infer.Classifier;
import dev.kinglet.models.Models;
import java.nio.file.Path;

public final class Sample {
    public static void main(String[] args) throws Exception { // MODEL.onnx PHOTO
        try (Classifier classifier = Models.cifar10()) {
            System.out.println(classifier.classify(Path.of(args[1])).get(0).label());
        }
    }
}
