package dev.kinglet.spring;

import dev.kinglet.infer.ClassifierOptions;

/** Changes the settings of the classifiers of {@code kinglet.models}, in beans' order, before they are opened. */
@FunctionalInterface
public interface ClassifierOptionsCustomizer {
    /**
     * The settings to go on with; to listen to the calls, {@link ClassifierOptions#withListener}.
     *
     * @param model the name of the classifier's bean
     */
    ClassifierOptions customize(String model, ClassifierOptions options);
}
