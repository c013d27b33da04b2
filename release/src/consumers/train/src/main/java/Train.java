import dev.kinglet.infer.Classifier;
import dev.kinglet.toolkit.Export;
import dev.kinglet.toolkit.Recipes;
import dev.kinglet.toolkit.Training;
import dev.kinglet.toolkit.synthetic.SyntheticImages;
import dev.kinglet.train.TrainingResult;
import dev.kinglet.train.options.TrainConfig;
import java.nio.file.Path;

public final class Train {
    public static void main(String[] args) throws Exception { // MODEL.onnx PHOTO FOLDER
        Path images = Path.of(args[2], "images");
        Path file = Path.of(args[2], "shapes.onnx");
        SyntheticImages.draw(images, 1, 8, 4);
        TrainConfig config = Recipes.config(images, "resnet20_cifar").withEpochs(1);
        TrainingResult result = Training.of(config.withOutput(Path.of(args[2]))).run();
        Export.of(result.run()).to(file);
        try (Classifier classifier = Classifier.open(file)) {
            System.out.println(classifier.classify(Path.of(args[1])).get(0));
        }
    }
}
