package dev.kinglet.spring;

import dev.kinglet.infer.Classifier;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/** Health of each classifier of {@code kinglet.models}, as {@code kinglet/NAME}. */
@AutoConfiguration(after = KingletAutoConfiguration.class)
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnBean(Classifier.class)
@ConditionalOnEnabledHealthIndicator("kinglet")
public final class KingletHealthAutoConfiguration {
    KingletHealthAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean(name = "kingletHealthContributor")
    HealthContributor kingletHealthContributor(Map<String, Classifier> classifiers) {
        Map<String, HealthContributor> indicators = new TreeMap<>();
        classifiers.forEach((name, classifier) -> {
            if (classifier instanceof ManagedClassifier managed) { // of others nobody knows how they are
                indicators.put(name, new ClassifierHealthIndicator(managed));
            }
        });
        return CompositeHealthContributor.fromMap(indicators);
    }
}
