/**
 * Kinglet in Spring Boot: a {@link dev.kinglet.infer.Classifier} bean for each model of {@code kinglet.models}, its health
 * and its metrics. {@link dev.kinglet.spring.KingletProperties} has the keys.
 */
@org.jspecify.annotations.NullMarked
package dev.kinglet.spring;
