package dev.kinglet.djl;

import ai.djl.engine.Engine;
import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.repository.zoo.Criteria;
import dev.kinglet.image.ImageLimits;
import dev.kinglet.onnx.OnnxFile;
import java.io.IOException;
import java.nio.file.Path;

/** Criteria with which DJL loads a file that Kinglet exported. */
public final class KingletCriteria {
    private static final String ENGINE = "OnnxRuntime";

    private KingletCriteria() {}

    /**
     * Criteria of a file, with {@link ImageLimits#defaults()}.
     *
     * @param input {@link Path}, {@code byte[]} or {@link Image}; see {@link KingletTranslator#of}
     * @throws IOException if the file cannot be used; the message names it
     * @throws IllegalArgumentException if {@code input} is of another type
     */
    public static <I> Criteria<I, Classifications> of(Path onnx, Class<I> input) throws IOException {
        return of(onnx, input, ImageLimits.defaults());
    }

    /**
     * Criteria of a file that Kinglet exported. It is checked in full before DJL sees it. A session has one thread, the
     * caller's: run several predictors of one model for several threads. DJL's engine is started, and that must come before
     * the first {@link dev.kinglet.infer.Classifier} of a process is opened: the engine insists on setting up ONNX Runtime
     * itself.
     *
     * @param input {@link Path}, {@code byte[]} or {@link Image}; see {@link KingletTranslator#of}
     * @param limits of each image that is decoded here
     * @throws IOException if the file cannot be used; the message names it
     * @throws IllegalArgumentException if {@code input} is of another type
     * @throws IllegalStateException if DJL's engine cannot be started
     */
    public static <I> Criteria<I, Classifications> of(Path onnx, Class<I> input, ImageLimits limits)
            throws IOException {
        OnnxFile file = OnnxFile.read(onnx);
        startEngine();
        return Criteria.builder()
                .setTypes(input, Classifications.class)
                .optModelPath(onnx.toAbsolutePath()) // DJL asks for the folder that it is in
                .optEngine(ENGINE)
                .optOption("interOpNumThreads", "1")
                .optOption("intraOpNumThreads", "1")
                .optTranslator(KingletTranslator.of(file, input, limits))
                .build();
    }

    private static void startEngine() {
        try {
            Engine.getEngine(ENGINE);
        } catch (LinkageError e) { // of its static initializer, which DJL does not catch
            throw new IllegalStateException(
                    "DJL's engine for ONNX Runtime cannot be started. If a Classifier has been opened in this process, ONNX"
                            + " Runtime is set up already, which the engine does not accept: call KingletCriteria.of before"
                            + " the first Classifier.open",
                    e);
        }
    }
}
