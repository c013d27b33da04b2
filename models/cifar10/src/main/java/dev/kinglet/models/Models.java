package dev.kinglet.models;

import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.ClassifierOptions;
import dev.kinglet.onnx.OnnxFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** Classifiers whose trained networks are in the class path. They are read from there: nothing is unpacked or fetched. */
public final class Models {
    /** The resource of {@link #cifar10()}, for a framework that opens resources itself. */
    public static final String CIFAR10 = "META-INF/kinglet/cifar10.onnx";

    private Models() {}

    /**
     * A classifier of small photos, with {@link ClassifierOptions#defaults()}; see {@link #cifar10(ClassifierOptions)}.
     */
    public static Classifier cifar10() {
        return cifar10(ClassifierOptions.defaults());
    }

    /**
     * A classifier of small photos into CIFAR-10's classes: airplane, automobile, bird, cat, deer, dog, frog, horse, ship,
     * truck. It is there to begin with, and for demos and tests: images are reduced to 32 pixels, and there is no answer
     * "none of these". Its {@link Classifier#card()} says how it was trained and how accurate it is.
     *
     * @return the caller closes it
     * @throws UncheckedIOException if the artifact is damaged, or ONNX Runtime cannot run it
     */
    public static Classifier cifar10(ClassifierOptions options) {
        return open(CIFAR10, options);
    }

    private static Classifier open(String resource, ClassifierOptions options) {
        try (InputStream in = Models.class.getClassLoader().getResourceAsStream(resource)) {
            if (in == null) {
                throw new IOException(resource + " is not in the class path; the artifact that has it is damaged");
            }
            return Classifier.of(OnnxFile.read(in.readAllBytes()), resource, options);
        } catch (IOException e) {
            throw new UncheckedIOException(resource + " cannot be used: " + e.getMessage(), e);
        }
    }
}
