package dev.kinglet.toolkit.explain;

import dev.kinglet.base.IoReason;
import dev.kinglet.base.NearestName;
import dev.kinglet.image.Batch;
import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.ImageLimits;
import dev.kinglet.image.Pipeline;
import dev.kinglet.image.RgbImage;
import dev.kinglet.image.explain.Explainer;
import dev.kinglet.image.explain.Explanation;
import dev.kinglet.image.explain.Occlusion;
import dev.kinglet.infer.ClassActivationMaps;
import dev.kinglet.infer.LabeledScore;
import dev.kinglet.network.Card;
import dev.kinglet.network.Model;
import dev.kinglet.network.rewrite.Rewrites;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.toolkit.Machine;
import dev.kinglet.toolkit.TrainedModel;
import dev.kinglet.torch.GradCam;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Maps of where in an image a trained network finds a class. Owns native memory until closed. */
public final class ImageExplainer implements AutoCloseable {
    private static final int BATCH = 32; // images that are run together

    /** What makes the maps. */
    public enum Method {
        /** {@link #CAM} where the head allows it; otherwise {@link #GRAD_CAM}, for an {@code .onnx} file {@link #OCCLUSION}. */
        AUTO,
        /** Class activation maps, {@link ClassActivationMaps}, of heads of a global average pooling and one linear layer. */
        CAM,
        /** {@link GradCam}, not of an {@code .onnx} file. */
        GRAD_CAM,
        /** {@link Occlusion}, of any network; 196 more runs for an image. */
        OCCLUSION
    }

    private final Explainer explainer;
    private final Card card;
    private final Method method;
    private final ImageDecoder decoder;

    private ImageExplainer(Explainer explainer, Card card, Method method, ImageDecoder decoder) {
        this.explainer = explainer;
        this.card = card;
        this.method = method;
        this.decoder = decoder;
    }

    /**
     * Opens a trained network.
     *
     * @param model as in {@link TrainedModel#open}
     * @param threads compute threads
     * @throws IllegalArgumentException if it is no model, or the method cannot be used with it; the message says which can
     * @throws IOException if it cannot be read
     */
    public static ImageExplainer open(Path model, Method method, int threads) throws IOException {
        Machine.limitNativeMemory();
        boolean exported = TrainedModel.isOnnx(model);
        if (exported && method == Method.GRAD_CAM) {
            throw new IllegalArgumentException(
                    model + " is an exported network, which has no gradients; use cam, where its head allows it, "
                            + "or occlusion, or Grad-CAM of the run or the .safetensors file that it came from");
        }
        if (exported) {
            OnnxFile file = OnnxFile.read(model);
            return method == Method.OCCLUSION
                    ? occlusion(model, threads)
                    : orElse(maps(file, model, threads), file.card(), model, method, () -> occlusion(model, threads));
        }
        if (method == Method.OCCLUSION) {
            return occlusion(model, threads);
        }
        Model weights = TrainedModel.read(model);
        return method == Method.GRAD_CAM
                ? gradCam(weights, threads)
                : orElse(
                        maps(OnnxFile.of(Rewrites.foldBatchNorms().apply(weights)), model, threads),
                        weights.card(),
                        model,
                        method,
                        () -> gradCam(weights, threads));
    }

    /** Opens what is used where class activation maps cannot be. */
    @FunctionalInterface
    private interface Alternative {
        ImageExplainer open() throws IOException;
    }

    private static ImageExplainer orElse(
            Optional<ClassActivationMaps> maps, Card card, Path model, Method method, Alternative alternative)
            throws IOException {
        if (maps.isPresent()) {
            return new ImageExplainer(maps.get(), card, Method.CAM, decoder(card));
        }
        if (method == Method.CAM) {
            throw new IllegalArgumentException(model + " (" + card.model()
                    + ") has another head than one linear layer after a global average pooling of more than one pixel, so there are"
                    + " no class activation maps; use "
                    + (TrainedModel.isOnnx(model) ? "occlusion" : "Grad-CAM or occlusion"));
        }
        return alternative.open();
    }

    private static Optional<ClassActivationMaps> maps(OnnxFile file, Path model, int threads) throws IOException {
        return ClassActivationMaps.open(file, model.toString(), threads);
    }

    private static ImageExplainer gradCam(Model weights, int threads) {
        return new ImageExplainer(
                GradCam.of(weights, threads), weights.card(), Method.GRAD_CAM, decoder(weights.card()));
    }

    private static ImageExplainer occlusion(Path model, int threads) throws IOException {
        TrainedModel trained = TrainedModel.open(model, threads);
        Card card = trained.card();
        return new ImageExplainer(
                new Occlusion(trained::logits, card, trained::close), card, Method.OCCLUSION, decoder(card));
    }

    private static ImageDecoder decoder(Card card) {
        return new ImageDecoder(ImageLimits.defaults(), card.preprocessing().orientation());
    }

    /** The network's card. */
    public Card card() {
        return card;
    }

    /** The method that was chosen, never {@link Method#AUTO}. */
    public Method method() {
        return method;
    }

    /**
     * The index of a class.
     *
     * @param text its name or its index; a name is looked for first
     * @throws IllegalArgumentException if there is none, or it is the background class
     */
    public int classIndex(String text) {
        int index = card.labels().indexOf(text);
        if (index < 0 && text.matches("[0-9]{1,9}")) {
            index = Integer.parseInt(text);
            if (index >= card.labels().size()) {
                throw new IllegalArgumentException(
                        card.model() + " has classes 0 to " + (card.labels().size() - 1) + ", no " + index);
            }
        }
        if (index < 0) {
            throw new IllegalArgumentException("unknown class '" + text + "'" + NearestName.hint(text, card.labels())
                    + "; give its name or its index");
        }
        if (index == card.background().orElse(-1)) {
            throw new IllegalArgumentException(
                    "'" + text + "' is the background class, which is no answer; choose another");
        }
        return index;
    }

    /**
     * Maps of each image for the class with the highest score and for further classes; an image that cannot be read has an
     * error.
     *
     * @param classes further classes, by index
     * @param stop asked before each batch; true ends the work
     * @param explained receives the images of each batch, in order
     * @throws CancellationException if {@code stop} holds before the last batch
     * @throws IOException that {@code explained} throws
     */
    public void explain(List<Path> images, List<Integer> classes, BooleanSupplier stop, Receiver explained)
            throws IOException {
        Pipeline pipeline = Pipeline.evaluation(card.preprocessing());
        for (int first = 0; first < images.size(); first += BATCH) {
            if (stop.getAsBoolean()) {
                throw new CancellationException("stopped");
            }
            List<Path> batch = images.subList(first, Math.min(first + BATCH, images.size()));
            explained.accept(explainBatch(batch, first, pipeline, classes));
        }
    }

    /** Takes the images of one batch. */
    @FunctionalInterface
    public interface Receiver {
        void accept(List<ExplainedImage> images) throws IOException;
    }

    private List<ExplainedImage> explainBatch(List<Path> sources, int first, Pipeline pipeline, List<Integer> classes) {
        List<ExplainedImage> read = IntStream.range(0, sources.size())
                .parallel()
                .mapToObj(i -> read(first + i, sources.get(i), pipeline))
                .toList();
        List<RgbImage> prepared =
                read.stream().flatMap(image -> image.prepared().stream()).toList();
        if (prepared.isEmpty()) {
            return read;
        }
        ByteBuffer pixels = ByteBuffer.allocateDirect(3 * pipeline.side() * pipeline.side() * prepared.size());
        prepared.forEach(image -> pixels.put(image.rgb()));
        int[] none = new int[prepared.size()];
        List<Explanation> explanations = explainer.explain(
                new Batch(pixels.clear(), pipeline.side(), none, none), logits -> choice(logits, classes));
        List<ExplainedImage> explained = new ArrayList<>();
        int next = 0;
        for (ExplainedImage image : read) {
            explained.add(image.isExplained() ? with(image, explanations.get(next++)) : image);
        }
        return explained;
    }

    private ExplainedImage read(int number, Path source, Pipeline pipeline) {
        try {
            RgbImage prepared = pipeline.apply(decoder.read(source));
            return new ExplainedImage(number, source, Optional.of(prepared), List.of(), "");
        } catch (ImageException e) {
            String reason = IoReason.describe(e.getCause() instanceof FileSystemException cause ? cause : e);
            return new ExplainedImage(number, source, Optional.empty(), List.of(), reason);
        }
    }

    /** The class with the highest score, and then the others, each once. */
    private int[] choice(float[] logits, List<Integer> classes) {
        int predicted = -1;
        for (int i = 0; i < logits.length; i++) {
            if (i != card.background().orElse(-1) && (predicted < 0 || logits[i] > logits[predicted])) {
                predicted = i;
            }
        }
        return IntStream.concat(IntStream.of(predicted), classes.stream().mapToInt(Integer::intValue))
                .distinct()
                .toArray();
    }

    private ExplainedImage with(ExplainedImage image, Explanation explanation) {
        Map<Integer, LabeledScore> scores;
        try {
            scores = LabeledScore.ranked(
                            explanation.logits(), card, card.labels().size())
                    .stream()
                    .collect(Collectors.toMap(LabeledScore::index, Function.identity()));
        } catch (IllegalArgumentException e) { // weights that are not numbers
            return new ExplainedImage(
                    image.number(),
                    image.source(),
                    Optional.empty(),
                    List.of(),
                    image.source() + ": " + e.getMessage());
        }
        List<ExplainedImage.ClassMap> maps = new ArrayList<>();
        explanation.maps().forEach((index, map) -> {
            LabeledScore score = scores.get(index);
            if (score != null) { // the background has none
                maps.add(new ExplainedImage.ClassMap(score, map));
            }
        });
        return new ExplainedImage(image.number(), image.source(), image.prepared(), maps, "");
    }

    @Override
    public void close() {
        explainer.close();
    }
}
