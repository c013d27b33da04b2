package dev.kinglet.tutorial;

import dev.kinglet.infer.Classifier;
import dev.kinglet.network.Card;
import dev.kinglet.network.Initialization;
import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Scope;
import dev.kinglet.network.Shape;
import dev.kinglet.network.Window;
import dev.kinglet.toolkit.Export;
import dev.kinglet.toolkit.Training;
import dev.kinglet.toolkit.synthetic.SyntheticImages;
import dev.kinglet.train.options.TrainConfig;
import dev.kinglet.train.run.RunFolder;
import dev.kinglet.weights.ModelFile;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** Example 6: a network that is not in the zoo, trained, exported and run as any other. Argument: an empty folder. */
final class OwnNetwork {
    private OwnNetwork() {}

    /** Three convolutions, each of half the resolution of the one before, an average and a linear layer. */
    static Network network(Shape image, int classes) {
        Scope scope = Scope.root();
        Layer x = scope.input(image);
        for (int stage = 1; stage <= 3; stage++) {
            x = scope.conv("conv" + stage, x, 16 * stage, Window.of(3).stride(2));
            x = scope.batchNorm("norm" + stage, x);
            x = scope.activation("relu" + stage, x, Op.Activation.Function.RELU);
        }
        x = scope.globalAverage("pool", x);
        scope.linear("head", x, classes, true);
        return scope.build("tiny");
    }

    private static Network network(Card card) {
        return network(card.preprocessing().shape(), card.labels().size());
    }

    private static Model untrained(Card card) {
        Network network = network(card);
        return new Model(network, Initialization.fanOut(0.01).draw(network, new SplittableRandom(1)), card);
    }

    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        Path images = folder.resolve("images");
        SyntheticImages.draw(images, 1, 32, 4);
        TrainConfig config = TrainConfig.of(images, "tiny")
                .with(Preprocessing.imagenet().withInputSize(32))
                .withEpochs(2)
                .withBatchSize(32)
                .withOutput(folder);
        Path run = Training.of(config).network(OwnNetwork::untrained).run().run();

        Model trained = ModelFile.read(RunFolder.open(run).bestWeights(), OwnNetwork::network);
        Path file = folder.resolve("tiny.onnx");
        Export.of(trained).to(file);
        try (Classifier classifier = Classifier.open(file)) {
            System.out.println(
                    classifier.classify(images.resolve("val/star/0000.png")).get(0));
        }
    }
}
