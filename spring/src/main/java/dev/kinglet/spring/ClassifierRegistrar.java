package dev.kinglet.spring;

import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.ClassifierListener;
import dev.kinglet.infer.ClassifierOptions;
import dev.kinglet.onnx.OnnxException;
import dev.kinglet.onnx.OnnxFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.springframework.beans.factory.BeanRegistrar;
import org.springframework.beans.factory.BeanRegistry;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.io.ApplicationResourceLoader;
import org.springframework.core.env.Environment;
import org.springframework.core.io.Resource;
import org.springframework.core.io.ResourceLoader;

/** Registers a {@link Classifier} for each model of {@code kinglet.models}, by its name. */
final class ClassifierRegistrar implements BeanRegistrar {
    private static final int MAX_BYTES = 1 << 30; // as many as are read of a file

    ClassifierRegistrar() {}

    @Override
    public void register(BeanRegistry registry, Environment environment) {
        KingletProperties properties = Binder.get(environment).bindOrCreate("kinglet", KingletProperties.class);
        properties
                .models()
                .forEach((name, model) -> registry.registerBean(
                        name,
                        Classifier.class,
                        bean -> bean.description("The classifier of kinglet.models." + name)
                                .supplier(context -> {
                                    List<ClassifierOptionsCustomizer> customizers = context.beanProvider(
                                                    ClassifierOptionsCustomizer.class)
                                            .orderedStream()
                                            .toList();
                                    return classifier(name, model, properties, customizers);
                                })));
    }

    private static Classifier classifier(
            String name,
            KingletProperties.Model model,
            KingletProperties properties,
            List<ClassifierOptionsCustomizer> customizers) {
        ClassifierOptions options = model.options();
        for (ClassifierOptionsCustomizer customizer : customizers) {
            options = customizer.customize(name, options);
        }
        ClassifierOptions settings = options;
        ManagedClassifier classifier = new ManagedClassifier(
                name,
                model.location(),
                watch -> open(model.location(), settings, watch),
                settings.listener(),
                properties.shutdownTimeout());
        if (!model.lazy()) {
            classifier.open();
        }
        if (properties.failFast() && classifier.condition() == ManagedClassifier.Condition.REFUSED) {
            throw new IllegalStateException(
                    "model '" + name + "' cannot be used, and kinglet.fail-fast is set",
                    classifier.reason().orElseThrow());
        }
        return classifier;
    }

    private static Classifier open(String location, ClassifierOptions options, ClassifierListener watch)
            throws IOException {
        return Classifier.of(read(location), location, options.withListener(watch));
    }

    private static OnnxFile read(String location) throws IOException {
        ResourceLoader files = ApplicationResourceLoader.get(ApplicationResourceLoader.get(), true);
        Resource resource = files.getResource(location);
        if (resource.isFile()) {
            return OnnxFile.read(resource.getFile().toPath());
        }
        try (InputStream in = resource.getInputStream()) {
            return OnnxFile.read(in.readNBytes(MAX_BYTES + 1));
        } catch (FileNotFoundException e) {
            throw new OnnxException(location + " does not exist", e);
        } catch (OnnxException e) {
            throw new OnnxException(location + ": " + e.getMessage(), e);
        }
    }
}
