package dev.kinglet.spring;

import dev.kinglet.micrometer.ClassifierMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/** Meters of every classifier of {@code kinglet.models}, where there is a registry: {@link ClassifierMetrics}. */
@AutoConfiguration(
        afterName = {
            "org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration",
            "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration"
        })
@ConditionalOnClass({MeterRegistry.class, ClassifierMetrics.class})
@ConditionalOnBean(MeterRegistry.class)
public final class KingletMetricsAutoConfiguration {
    KingletMetricsAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean(name = "kingletMetricsCustomizer")
    ClassifierOptionsCustomizer kingletMetricsCustomizer(MeterRegistry registry) {
        return (model, options) -> options.withListener(new ClassifierMetrics(registry, model));
    }
}
