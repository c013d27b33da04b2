package dev.kinglet.spring;

import dev.kinglet.infer.Classifier;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Import;

/** A {@link Classifier} bean for each model of {@code kinglet.models}. */
@AutoConfiguration
@ConditionalOnClass(Classifier.class)
@EnableConfigurationProperties(KingletProperties.class)
@Import(ClassifierRegistrar.class)
public final class KingletAutoConfiguration {
    KingletAutoConfiguration() {}
}
