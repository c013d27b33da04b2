package dev.kinglet.spring;

import dev.kinglet.image.ImageLimits;
import dev.kinglet.infer.ClassifierOptions;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.ConfigurationPropertiesSource;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Properties of Kinglet.
 *
 * @param models models by the name of their bean; each needs 'path', and may have 'top-k', 'sessions', 'warm-up', 'lazy'
 *     and 'limits'
 * @param failFast whether the application fails to start if a model cannot be opened; otherwise it starts, the model's
 *     health is DOWN, and each use of its classifier throws an exception that says why
 * @param shutdownTimeout how long the end of the application waits for running calls of each classifier
 */
@ConfigurationProperties("kinglet")
public record KingletProperties(
        @DefaultValue Map<String, Model> models,
        @DefaultValue("false") boolean failFast,
        @DefaultValue("5s") Duration shutdownTimeout) {
    public KingletProperties {
        models = Map.copyOf(models);
        if (shutdownTimeout.isNegative()) {
            throw new IllegalArgumentException("kinglet.shutdown-timeout is negative: " + shutdownTimeout);
        }
    }

    /**
     * One model.
     *
     * @param path the .onnx file that Kinglet exported: a path of the file system, or a resource such as
     *     'classpath:otters.onnx'
     * @param topK how many classes an answer names
     * @param sessions how many calls may run at once, each with one thread; they share the weights; without it as many as
     *     there are processors
     * @param warmUp whether opening creates all sessions and runs an image through each, so that no call pays for it
     * @param lazy whether the model is opened when it is first used, rather than at start
     * @param limits how large an image may be
     */
    @ConfigurationPropertiesSource
    public record Model(
            @Nullable String path,
            @DefaultValue("5") int topK,
            @Nullable Integer sessions,
            @DefaultValue("true") boolean warmUp,
            @DefaultValue("false") boolean lazy,
            @DefaultValue Limits limits) {
        public Model {
            if (path == null || path.isBlank()) {
                throw new IllegalArgumentException("a model needs a path: kinglet.models.NAME.path=NAME.onnx");
            }
        }

        /** Where the file is. */
        String location() {
            return path == null ? "" : path; // never null: see the constructor
        }

        /** The classifier's settings. */
        ClassifierOptions options() {
            ClassifierOptions options =
                    ClassifierOptions.defaults().withTopK(topK).withImageLimits(limits.limits());
            if (sessions != null) {
                options = options.withSessions(sessions);
            }
            return warmUp ? options.withWarmUp() : options;
        }
    }

    /**
     * Limits of an image. Checked before anything is decoded.
     *
     * @param maxSize of the encoded image
     * @param maxPixels width times height
     * @param maxSide the longer of width and height, in pixels
     */
    @ConfigurationPropertiesSource
    public record Limits(
            @DefaultValue("16MB") DataSize maxSize,
            @DefaultValue("40000000") long maxPixels,
            @DefaultValue("65535") int maxSide) {
        ImageLimits limits() {
            return new ImageLimits(maxSize.toBytes(), maxPixels, maxSide);
        }
    }
}
