import dev.kinglet.infer.Classifier;
import java.nio.file.Path;

public final class Plain {
    public static void main(String[] args) throws Exception { // MODEL.onnx PHOTO
        try (Classifier classifier = Classifier.open(Path.of(args[0]))) {
            classifier
                    .classify(Path.of(args[1]))
                    .forEach(best -> System.out.println(best.label() + " " + best.score()));
        }
    }
}
