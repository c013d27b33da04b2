package dev.kinglet.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.image.ImageException;
import dev.kinglet.image.RgbImage;
import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.ClassifierListener;
import dev.kinglet.infer.ClassifierOptions;
import dev.kinglet.micrometer.ClassifierMetrics;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Tensors;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.onnx.samples.SampleModels;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Tag("native")
class KingletAutoConfigurationTest {
    private static final RgbImage GRAY = new RgbImage(20, 20, new byte[20 * 20 * 3]);

    @TempDir
    static Path folder;

    private static Path otters = Path.of("");
    private static Path birds = Path.of("");
    private static Path damaged = Path.of("");

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    KingletAutoConfiguration.class,
                    KingletHealthAutoConfiguration.class,
                    KingletMetricsAutoConfiguration.class));

    @BeforeAll
    static void write() throws IOException {
        otters = folder.resolve("otters.onnx");
        birds = folder.resolve("birds.onnx");
        OnnxFile.of(SampleModels.withRandomState(SampleModels.everyOp(), 1)).write(otters);
        OnnxFile.of(SampleModels.withRandomState(SampleModels.everyOp(), 2)).write(birds);
        byte[] half = Files.readAllBytes(otters);
        damaged = Files.write(folder.resolve("damaged.onnx"), Arrays.copyOf(half, half.length / 2));
    }

    private static Health health(ApplicationContext context, String model) {
        CompositeHealthContributor all = context.getBean("kingletHealthContributor", CompositeHealthContributor.class);
        HealthIndicator indicator = (HealthIndicator) Objects.requireNonNull(all.getContributor(model), model);
        return Objects.requireNonNull(indicator.health());
    }

    /** An application's own component, with a constructor. */
    record Single(Classifier classifier) {}

    /** An application's own component that tells models apart. */
    record Both(
            @Qualifier("birds") Classifier first,
            @Qualifier("otters") Classifier second) {}

    @Test
    void a_model_is_a_classifier_by_its_name_and_the_only_one_by_its_type() {
        runner.withBean(Single.class)
                .withPropertyValues("kinglet.models.otters.path=" + otters, "kinglet.models.otters.top-k=2")
                .run(context -> {
                    assertThat(context)
                            .hasNotFailed()
                            .hasSingleBean(Classifier.class)
                            .hasBean("otters");
                    Classifier classifier = context.getBean(Single.class).classifier();
                    assertThat(classifier.classify(GRAY)).hasSize(2);
                    try (Classifier plain =
                            Classifier.open(otters, ClassifierOptions.defaults().withTopK(2))) {
                        assertThat(classifier.classify(GRAY)).isEqualTo(plain.classify(GRAY));
                        assertThat(classifier.card()).isEqualTo(plain.card());
                    }
                });
    }

    @Test
    void several_models_are_told_apart_by_qualifier() {
        runner.withBean(Both.class)
                .withPropertyValues("kinglet.models.otters.path=" + otters, "kinglet.models.birds.path=file:" + birds)
                .run(context -> {
                    assertThat(context)
                            .hasNotFailed()
                            .getBeans(Classifier.class)
                            .hasSize(2);
                    Both both = context.getBean(Both.class);
                    assertThat(both.first()).isSameAs(context.getBean("birds"));
                    assertThat(both.first().classify(GRAY))
                            .isNotEqualTo(both.second().classify(GRAY));
                });
    }

    @Test
    void without_models_there_is_no_bean_and_no_health() {
        runner.run(context -> assertThat(context)
                .hasNotFailed()
                .doesNotHaveBean(Classifier.class)
                .doesNotHaveBean("kingletHealthContributor"));
    }

    @Test
    void a_damaged_file_or_none_leaves_the_application_running_and_every_use_says_why() {
        runner.withBean(Both.class)
                .withPropertyValues(
                        "kinglet.models.otters.path=" + damaged,
                        "kinglet.models.birds.path=" + birds,
                        "kinglet.models.lost.path=" + folder.resolve("nowhere.onnx"),
                        "kinglet.models.gone.path=classpath:nowhere.onnx")
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    Both both = context.getBean(Both.class);
                    assertThat(both.first().classify(GRAY)).isNotEmpty();
                    for (int i = 0; i < 2; i++) {
                        assertThatThrownBy(() -> both.second().classify(GRAY))
                                .isInstanceOf(IllegalStateException.class)
                                .hasMessageStartingWith("model 'otters' (kinglet.models.otters.path=" + damaged
                                        + ") cannot be used: " + damaged + ": ");
                    }
                    assertThatThrownBy(() -> both.second().card()).isInstanceOf(IllegalStateException.class);
                    assertThatThrownBy(() ->
                                    context.getBean("lost", Classifier.class).classify(new byte[3]))
                            .hasMessageContaining("nowhere.onnx");
                    assertThat(health(context, "otters").getStatus()).isEqualTo(Status.DOWN);
                    assertThat(health(context, "otters").getDetails().get("error"))
                            .asString()
                            .startsWith(damaged.toString());
                    assertThat(health(context, "lost").getStatus()).isEqualTo(Status.DOWN);
                    assertThat(health(context, "gone").getDetails().get("error"))
                            .isEqualTo("classpath:nowhere.onnx does not exist");
                    assertThat(health(context, "birds").getStatus()).isEqualTo(Status.UP);
                    assertThat(health(context, "birds").getDetails()).containsEntry("path", birds.toString());
                });
    }

    @Test
    void calls_of_a_model_that_cannot_be_used_are_counted_as_failures() {
        runner.withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .withPropertyValues("kinglet.models.otters.path=" + damaged)
                .run(context -> {
                    assertThatThrownBy(() -> context.getBean(Classifier.class).classify(GRAY))
                            .isInstanceOf(IllegalStateException.class);
                    assertThat(context.getBean(MeterRegistry.class)
                                    .get(ClassifierMetrics.FAILURES)
                                    .tags("model", "otters", "kind", "classifier")
                                    .counter()
                                    .count())
                            .isEqualTo(1);
                });
    }

    @Test
    void with_fail_fast_a_damaged_file_ends_the_start() {
        runner.withPropertyValues("kinglet.models.otters.path=" + damaged, "kinglet.fail-fast=true")
                .run(context -> assertThat(context)
                        .getFailure()
                        .hasStackTraceContaining("model 'otters' cannot be used, and kinglet.fail-fast is set")
                        .hasStackTraceContaining(damaged + ": not an ONNX file"));
    }

    @Test
    void wrong_properties_end_the_start_and_are_named() {
        runner.withPropertyValues("kinglet.models.otters.top-k=2")
                .run(context ->
                        assertThat(context).getFailure().rootCause().hasMessageContaining("kinglet.models.NAME.path"));
        runner.withPropertyValues("kinglet.models.otters.path=" + otters, "kinglet.models.otters.sessions=0")
                .run(context -> assertThat(context).getFailure().rootCause().hasMessageContaining("sessions=0"));
        runner.withPropertyValues("kinglet.shutdown-timeout=-1s")
                .run(context ->
                        assertThat(context).getFailure().rootCause().hasMessageContaining("kinglet.shutdown-timeout"));
    }

    @Test
    void a_lazy_model_is_opened_by_its_first_use() {
        runner.withPropertyValues(
                        "kinglet.models.otters.path=" + otters,
                        "kinglet.models.otters.lazy=true",
                        "kinglet.models.broken.path=" + damaged,
                        "kinglet.models.broken.lazy=true",
                        "kinglet.fail-fast=true")
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    assertThat(health(context, "otters").getStatus()).isEqualTo(Status.UNKNOWN);
                    context.getBean("otters", Classifier.class).classify(GRAY);
                    assertThat(health(context, "otters").getStatus()).isEqualTo(Status.UP);
                    assertThatThrownBy(() ->
                                    context.getBean("broken", Classifier.class).classify(GRAY))
                            .isInstanceOf(IllegalStateException.class);
                    assertThat(health(context, "broken").getStatus()).isEqualTo(Status.DOWN);
                });
    }

    @Test
    void limits_of_an_image_are_properties() {
        runner.withPropertyValues(
                        "kinglet.models.otters.path=" + otters,
                        "kinglet.models.otters.limits.max-size=1KB",
                        "kinglet.models.otters.limits.max-pixels=100")
                .run(context -> {
                    Classifier classifier = context.getBean(Classifier.class);
                    assertThatThrownBy(() -> classifier.classify(new byte[1025]))
                            .isInstanceOf(ImageException.class)
                            .hasMessageContaining("at most 1024");
                });
    }

    @Configuration(proxyBeanMethods = false)
    static class Listening {
        private final List<Throwable> failures = new ArrayList<>();

        @Bean
        ClassifierOptionsCustomizer listening() {
            return (model, options) -> options.withTopK(1).withListener(new ClassifierListener() {
                @Override
                public void answered(CallTimes times) {}

                @Override
                public void failed(CallTimes times, Throwable reason) {
                    failures.add(reason);
                }
            });
        }
    }

    @Test
    void meters_are_filled_where_there_is_a_registry_and_other_listeners_hear_too() {
        runner.withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .withUserConfiguration(Listening.class)
                .withPropertyValues("kinglet.models.otters.path=" + otters)
                .run(context -> {
                    Classifier classifier = context.getBean(Classifier.class);
                    assertThat(classifier.classify(GRAY)).hasSize(1);
                    assertThatThrownBy(() -> classifier.classify(new byte[3])).isInstanceOf(ImageException.class);
                    MeterRegistry registry = context.getBean(MeterRegistry.class);
                    assertThat(registry.get(ClassifierMetrics.CALLS)
                                    .tag("model", "otters")
                                    .timer()
                                    .count())
                            .isEqualTo(1);
                    assertThat(registry.get(ClassifierMetrics.FAILURES)
                                    .tags("model", "otters", "kind", "image")
                                    .counter()
                                    .count())
                            .isEqualTo(1);
                    assertThat(context.getBean(Listening.class).failures).hasSize(1);
                    // a broken image says nothing about the model
                    assertThat(health(context, "otters").getStatus()).isEqualTo(Status.UP);
                });
    }

    /** Imports by name, as an application does. */
    @ImportAutoConfiguration({
        KingletAutoConfiguration.class,
        KingletHealthAutoConfiguration.class,
        KingletMetricsAutoConfiguration.class
    })
    static class Application {}

    @Test
    void without_micrometer_or_health_in_the_class_path_the_rest_is_there() {
        new ApplicationContextRunner()
                .withUserConfiguration(Application.class)
                .withClassLoader(new FilteredClassLoader("io.micrometer", "org.springframework.boot.health"))
                .withPropertyValues("kinglet.models.otters.path=" + otters)
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .hasSingleBean(Classifier.class)
                        .doesNotHaveBean(ClassifierOptionsCustomizer.class)
                        .doesNotHaveBean("kingletHealthContributor"));
        runner.withPropertyValues("kinglet.models.otters.path=" + otters)
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .doesNotHaveBean(ClassifierOptionsCustomizer.class)
                        .hasBean("kingletHealthContributor"));
        runner.withPropertyValues("kinglet.models.otters.path=" + otters, "management.health.kinglet.enabled=false")
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean("kingletHealthContributor"));
    }

    /** A file that can be opened and gives no usable answer: the weights of its last layer are not finite. */
    private static Path notFinite() throws IOException {
        Model model = SampleModels.withRandomState(SampleModels.everyOp(), 1);
        Map<String, NdArray> tensors = new LinkedHashMap<>(model.tensors().asMap());
        NdArray.Floats bias = (NdArray.Floats) model.tensors().get("fc.bias");
        float[] values = new float[bias.values().length];
        Arrays.fill(values, Float.NaN);
        tensors.put("fc.bias", new NdArray.Floats(bias.dims(), values));
        Path file = folder.resolve("not-finite.onnx");
        OnnxFile.of(new Model(model.network(), new Tensors(tensors), model.card()))
                .write(file);
        return file;
    }

    @Test
    void a_model_whose_answers_fail_is_down() throws IOException {
        runner.withPropertyValues("kinglet.models.otters.path=" + notFinite()).run(context -> {
            assertThat(health(context, "otters").getStatus()).isEqualTo(Status.UP);
            assertThatThrownBy(() -> context.getBean(Classifier.class).classify(GRAY))
                    .isInstanceOf(IllegalStateException.class);
            assertThat(health(context, "otters").getStatus()).isEqualTo(Status.DOWN);
            assertThat(health(context, "otters").getDetails().get("error"))
                    .asString()
                    .contains("no usable answer");
        });
    }

    @Test
    void after_a_failure_that_is_over_a_check_finds_that_it_answers() {
        List<ClassifierListener> watches = new ArrayList<>();
        ManagedClassifier classifier = new ManagedClassifier(
                "otters",
                otters.toString(),
                watch -> {
                    watches.add(watch);
                    return Classifier.open(otters, ClassifierOptions.defaults().withListener(watch));
                },
                Optional.empty(),
                Duration.ofSeconds(5));
        try (classifier) {
            classifier.open();
            watches.get(0)
                    .failed(new ClassifierListener.CallTimes(1, 0, 0, 0, 0), new OutOfMemoryError("too little memory"));
            assertThat(classifier.condition()).isEqualTo(ManagedClassifier.Condition.FAILING);
            assertThat(classifier.reason()).map(Throwable::getMessage).hasValue("too little memory");
            assertThat(new ClassifierHealthIndicator(classifier).health().getStatus())
                    .isEqualTo(Status.UP);
        }
        assertThat(new ClassifierHealthIndicator(classifier).health().getStatus())
                .isEqualTo(Status.DOWN);
    }

    /** A call that takes a second or so, in ONNX Runtime when this returns. */
    private static CompletableFuture<float[]> longCall(Classifier classifier, int images) throws InterruptedException {
        CompletableFuture<float[]> call = new CompletableFuture<>();
        float[] pixels = new float[images * 3 * SampleModels.PIXELS * SampleModels.PIXELS];
        Thread thread = new Thread(() -> {
            try {
                call.complete(classifier.logits(pixels, images));
            } catch (RuntimeException e) {
                call.completeExceptionally(e);
            }
        });
        thread.start();
        while (Arrays.stream(thread.getStackTrace())
                .noneMatch(frame -> frame.getClassName().startsWith("ai.onnxruntime.OrtSession"))) {
            Thread.sleep(1);
        }
        return call;
    }

    @Test
    void the_end_of_the_application_waits_for_running_calls() {
        runner.withPropertyValues("kinglet.models.otters.path=" + otters).run(context -> {
            Classifier classifier = context.getBean(Classifier.class);
            CompletableFuture<float[]> call = longCall(classifier, 5_000);
            context.close();
            assertThat(call.join()).hasSize(5_000 * 5);
            assertThatThrownBy(() -> classifier.classify(GRAY))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("closed");
        });
    }

    @Test
    void the_end_of_the_application_waits_no_longer_than_the_timeout() {
        runner.withPropertyValues("kinglet.models.otters.path=" + otters, "kinglet.shutdown-timeout=1ms")
                .run(context -> {
                    CompletableFuture<float[]> call = longCall(context.getBean(Classifier.class), 20_000);
                    context.close();
                    assertThat(call).isNotDone();
                    assertThat(call.join()).hasSize(20_000 * 5); // and its session outlives it
                });
    }
}
