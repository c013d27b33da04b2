package dev.kinglet.toolkit;

import dev.kinglet.base.FileNames;
import dev.kinglet.image.Batch;
import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.ClassifierOptions;
import dev.kinglet.network.Card;
import dev.kinglet.network.Costs;
import dev.kinglet.network.Model;
import dev.kinglet.network.Network;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.torch.TorchScorer;
import dev.kinglet.train.metrics.Scorer;
import dev.kinglet.train.run.RunFolder;
import dev.kinglet.weights.ModelFile;
import dev.kinglet.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/**
 * A trained network that gives logits: a run's best weights or a {@code .safetensors} file on libtorch, an {@code .onnx} file
 * on ONNX Runtime. Owns native memory until closed.
 */
public sealed interface TrainedModel extends Scorer, AutoCloseable permits TorchModel, OnnxModel {
    /** The network's name, its classes and its preprocessing. */
    Card card();

    /**
     * Logits of images that are fully prepared.
     *
     * @param images {@code [count, 3, height, width]}, normalized
     * @return {@code [count, classes]}
     */
    float[] logits(float[] images, int count);

    /**
     * Length of an embedding.
     *
     * @throws IllegalArgumentException if the model is a file that was exported without embeddings
     */
    int features();

    /**
     * Embeddings of a batch: the features that the network's last layer reads.
     *
     * @return {@code [batch.size(), features]}, not normalized
     * @throws IllegalArgumentException as {@link #features}
     */
    float[] embeddings(Batch batch);

    @Override
    void close();

    /** The runtime: {@code libtorch} or {@code ONNX Runtime}. */
    String runtime();

    /** Trained parameters of the network, before anything was folded. */
    default long parameters() {
        return Costs.of(network(card())).parameters();
    }

    /**
     * Opens a trained network.
     *
     * @param path a run's folder, a {@code .safetensors} file or an {@code .onnx} file; {@code latest} is the newest run
     * @param threads compute threads
     * @throws IllegalArgumentException if it is none of these
     * @throws IOException if it is not there or cannot be used; the message names it
     */
    static TrainedModel open(Path path, int threads) throws IOException {
        return open(path, threads, UnaryOperator.identity());
    }

    /**
     * The same with other preprocessing than its card's, such as a larger input or another crop.
     *
     * @throws IllegalArgumentException as there; or if an {@code .onnx} file, whose input has one size and one normalization,
     *     is to have another, or the network does not fit the size
     */
    static TrainedModel open(Path path, int threads, UnaryOperator<Preprocessing> change) throws IOException {
        Machine.limitNativeMemory();
        if (isOnnx(path)) {
            Classifier classifier =
                    Classifier.open(path, ClassifierOptions.defaults().withSessions(threads));
            try {
                return OnnxModel.of(classifier, threads, change);
            } catch (IllegalArgumentException e) {
                classifier.close();
                throw e;
            }
        }
        Model model = read(path);
        Preprocessing own = model.card().preprocessing();
        Preprocessing changed = change.apply(own);
        if (!changed.equals(own)) {
            Card card = model.card().with(changed);
            model = new Model(network(card), model.tensors(), card);
        }
        return new TorchModel(model.card(), TorchScorer.of(model, threads));
    }

    /**
     * Reads the weights of a run's folder (its best ones) or of a {@code .safetensors} file.
     *
     * @param source as in {@link #open}, but no {@code .onnx} file
     * @throws IllegalArgumentException if it is neither
     */
    static Model read(Path source) throws IOException {
        Path path = Runs.resolve(source);
        if (RunFolder.isRun(path)) {
            Path weights = RunFolder.open(path).bestWeights();
            if (!Files.exists(weights)) {
                throw new IOException(path + " has no weights yet: its first epoch is not done; resume the run");
            }
            return ModelFile.read(weights, TrainedModel::network);
        }
        if (!Files.exists(path)) {
            throw new NoSuchFileException(path.toString());
        }
        if (Files.isDirectory(path)) {
            throw new IllegalArgumentException(path + " is a folder, but not of a run: it has no args.yaml; expected a "
                    + "run's folder, a .safetensors file or an .onnx file");
        }
        if (!FileNames.hasEnding(path, ".safetensors")) {
            throw new IllegalArgumentException(
                    path + ": expected a run's folder, a .safetensors file or an .onnx file");
        }
        return ModelFile.read(path, TrainedModel::network);
    }

    /** Whether a path is that of an exported file. */
    static boolean isOnnx(Path path) {
        return FileNames.hasEnding(path, ".onnx") && !Files.isDirectory(path);
    }

    /** Whether what may also be the name of a network of the zoo is a path: it is there, or has the ending of a model. */
    static boolean isPath(Path path) {
        return Files.exists(path) || FileNames.hasEnding(path, ".safetensors") || FileNames.hasEnding(path, ".onnx");
    }

    /**
     * The network a card speaks of.
     *
     * @throws IllegalArgumentException if the zoo has none of that name
     */
    static Network network(Card card) {
        return Zoo.get(card.model())
                .network(card.preprocessing().shape(), card.labels().size());
    }
}
