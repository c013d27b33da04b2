package dev.kinglet.tutorial;

import dev.kinglet.infer.Classifier;
import dev.kinglet.network.Card;
import dev.kinglet.network.Initialization;
import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.Network;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Scope;
import dev.kinglet.network.Window;
import dev.kinglet.toolkit.Export;
import dev.kinglet.toolkit.Training;
import dev.kinglet.toolkit.synthetic.SyntheticImages;
import dev.kinglet.train.options.TrainConfig;
import dev.kinglet.train.run.RunFolder;
import dev.kinglet.weights.ModelFile;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** Example 5: a network that is not in the zoo, trained, exported and run as any other. Argument: an empty folder. */
final class OwnNetwork {
    private OwnNetwork() {}

    /** Three convolutions, each of half the resolution of the one before, an average and a linear layer. */
    static Network network(Card card) {
        Scope scope = Scope.root();
        Layer x = scope.input(card.preprocessing().shape());
        for (int stage = 1; stage <= 3; stage++) {
            Scope in = scope.in("stage" + stage); // layers are named stage1.conv, stage1.norm, ...
            x = in.conv("conv", x, 16 * stage, Window.of(3).stride(2));
            x = in.relu(in.batchNorm("norm", x));
        }
        scope.linear("head", scope.globalAverage("pool", x), card.labels().size(), true);
        return scope.build("tiny");
    }

    private static Model untrained(Card card) {
        Network network = network(card);
        return new Model(network, Initialization.fanOut(0.01).draw(network, new SplittableRandom(1)), card);
    }

    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        Path images = folder.resolve("images");
        SyntheticImages.draw(images, 1, 32, 4);
        Preprocessing small = Preprocessing.imagenet().withInputSize(32);
        TrainConfig config =
                TrainConfig.of(images, "tiny").with(small).withEpochs(2).withOutput(folder);
        Path run = Training.of(config).network(OwnNetwork::untrained).run().run();
        Model trained = ModelFile.read(RunFolder.open(run).bestWeights(), OwnNetwork::network);
        Export.of(trained).to(folder.resolve("tiny.onnx"));
        try (Classifier classifier = Classifier.open(folder.resolve("tiny.onnx"))) {
            System.out.println(classifier.classify(images.resolve("val/star/0000.png")));
        }
    }
}
