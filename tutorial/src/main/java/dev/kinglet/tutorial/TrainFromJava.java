package dev.kinglet.tutorial;

import dev.kinglet.data.Dataset;
import dev.kinglet.infer.Classifier;
import dev.kinglet.toolkit.Evaluator;
import dev.kinglet.toolkit.Export;
import dev.kinglet.toolkit.Recipes;
import dev.kinglet.toolkit.TrainedModel;
import dev.kinglet.toolkit.Training;
import dev.kinglet.toolkit.TrainingData;
import dev.kinglet.toolkit.synthetic.SyntheticImages;
import dev.kinglet.train.TrainingResult;
import dev.kinglet.train.options.TrainConfig;
import java.nio.file.Path;

/** Example 3: train, evaluate, export and classify, on synthetic images. Argument: an empty folder. */
final class TrainFromJava {
    private TrainFromJava() {}

    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        Path images = folder.resolve("images"); // train/CLASS/*.png and val/CLASS/*.png
        SyntheticImages.draw(images, 1, 64, 8);
        TrainConfig config =
                Recipes.config(images, "resnet20_cifar").withEpochs(3).withOutput(folder);
        TrainingResult result = Training.of(config).run();
        try (TrainedModel model = TrainedModel.open(result.run(), 2)) {
            Dataset validation = TrainingData.open(config).validation();
            double top1 = Evaluator.defaults().evaluate(model, validation).top1();
            System.out.printf("%.1f %% of the validation images are classified correctly%n", top1);
        }
        Path file = folder.resolve("shapes.onnx");
        Export.of(result.run()).to(file);
        try (Classifier classifier = Classifier.open(file)) {
            System.out.println(
                    classifier.classify(images.resolve("val/star/0000.png")).get(0));
        }
    }
}
