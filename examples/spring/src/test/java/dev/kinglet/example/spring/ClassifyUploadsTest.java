package dev.kinglet.example.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.ClassifierListener;
import dev.kinglet.infer.LabeledScore;
import dev.kinglet.models.Models;
import dev.kinglet.spring.ClassifierOptionsCustomizer;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;

/** The application as it is started, over HTTP. */
@Tag("native")
class ClassifyUploadsTest {
    private static ConfigurableApplicationContext application;
    private static int port;

    private static ConfigurableApplicationContext start(Class<?> more, String... arguments) {
        return new SpringApplicationBuilder(ClassifyUploads.class, more)
                .properties("server.port=0")
                .run(arguments);
    }

    private static int port(ConfigurableApplicationContext context) {
        return Objects.requireNonNull(((WebServerApplicationContext) context).getWebServer())
                .getPort();
    }

    @BeforeAll
    static void start() {
        application = start(ClassifyUploads.class);
        port = port(application);
    }

    @AfterAll
    static void stop() {
        application.close();
    }

    @Test
    void an_upload_gets_the_classifiers_answer() throws Exception {
        byte[] image = Uploads.jpeg(300, 200, 3);
        HttpResponse<String> answer = Uploads.post(port, image);
        assertThat(answer.statusCode()).isEqualTo(200);
        try (Classifier classifier = Models.cifar10()) {
            LabeledScore best = classifier.classify(image).get(0);
            assertThat(answer.body())
                    .startsWith("[{\"index\":" + best.index() + ",\"label\":\"" + best.label() + "\",\"score\":"
                            + best.score() + "}")
                    .satisfies(body -> assertThat(body.split("\"label\"", -1)).hasSize(1 + 3));
        }
    }

    @Test
    void what_is_no_image_or_too_large_gets_a_status_that_says_so() throws Exception {
        byte[] image = Uploads.jpeg(300, 200, 4);
        HttpResponse<String> pixels = Uploads.post(port, Uploads.jpegOf(image, 4100, 4100));
        assertThat(pixels.statusCode()).isEqualTo(400);
        assertThat(pixels.body()).contains("4100x4100 pixels are too many: at most 16000000");
        HttpResponse<String> text = Uploads.post(port, Uploads.broken(image, 0));
        assertThat(text.statusCode()).isEqualTo(400);
        assertThat(Uploads.post(port, new byte[4 * 1024 * 1024 + 1]).statusCode())
                .isEqualTo(413);
        assertThat(Uploads.post(port, new byte[20 * 1024 * 1024]).statusCode()).isEqualTo(413);
    }

    @Test
    void two_hundred_uploads_by_eight_threads_get_the_right_statuses_and_are_counted() throws Exception {
        List<Integer> statuses = Uploads.send(port, 0, 200);
        assertThat(IntStream.range(0, 200))
                .allSatisfy(i -> assertThat(statuses.get(i)).as("upload " + i).isEqualTo(i % 10 == 0 ? 400 : 200));
        String calls = Uploads.get(port, "/actuator/metrics/kinglet.classifier.calls?tag=model:sample")
                .body();
        assertThat(calls).contains("\"COUNT\"").contains("\"TOTAL_TIME\"");
        String failures = Uploads.get(port, "/actuator/metrics/kinglet.classifier.failures?tag=kind:image")
                .body();
        assertThat(failures).contains("\"availableTags\"");
        assertThat(Uploads.get(port, "/actuator/metrics/kinglet.classifier.phases?tag=phase:decode")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void health_says_which_model_answers() throws Exception {
        HttpResponse<String> health = Uploads.get(port, "/actuator/health");
        assertThat(health.statusCode()).isEqualTo(200);
        assertThat(health.body())
                .contains("\"sample\":{\"details\":{", "\"network\":\"kinglet_cifar\"", "\"classes\":10");
        assertThat(Uploads.get(port, "/actuator/health/readiness").statusCode()).isEqualTo(200);
    }

    @Test
    void with_a_damaged_model_it_starts_and_its_health_and_its_answers_say_why(@TempDir Path folder) throws Exception {
        Path damaged = Files.writeString(folder.resolve("damaged.onnx"), "no network");
        ConfigurableApplicationContext context =
                start(ClassifyUploads.class, "--kinglet.models.sample.path=" + damaged);
        try {
            HttpResponse<String> health = Uploads.get(port(context), "/actuator/health");
            assertThat(health.statusCode()).isEqualTo(503);
            assertThat(health.body()).contains("\"status\":\"DOWN\"", damaged + ": not an ONNX file");
            assertThat(Uploads.get(port(context), "/actuator/health/readiness").statusCode())
                    .isEqualTo(503);
            HttpResponse<String> answer = Uploads.post(port(context), Uploads.jpeg(64, 64, 1));
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.body()).contains("model 'sample'", "cannot be used", "not an ONNX file");
        } finally {
            context.close();
        }
    }

    @Test
    void the_class_of_the_page_compiles(@TempDir Path folder) throws IOException {
        String page = Files.readString(Path.of("..", "..", "docs", "spring.md"));
        Matcher block = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL).matcher(page);
        assertThat(block.find()).isTrue();
        Path source = Files.writeString(folder.resolve("Names.java"), """
                import dev.kinglet.image.ImageException;
                import dev.kinglet.infer.Classifier;
                import org.springframework.stereotype.Service;

                """ + block.group(1));
        int status = ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        null,
                        null,
                        "-proc:none",
                        "-d",
                        folder.toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        source.toString());
        assertThat(status).isZero();
    }

    /** Calls wait until they are let go. */
    static final class Slow {
        static final CountDownLatch RUNNING = new CountDownLatch(1);
        static final CountDownLatch LET_GO = new CountDownLatch(1);
        static final AtomicInteger FAILURES = new AtomicInteger();

        @Bean
        ClassifierOptionsCustomizer slow() {
            return (model, options) -> options.withListener(new ClassifierListener() {
                @Override
                public void answered(CallTimes times) {
                    RUNNING.countDown();
                    try {
                        LET_GO.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                }

                @Override
                public void failed(CallTimes times, Throwable reason) {
                    FAILURES.incrementAndGet();
                }
            });
        }
    }

    @Test
    void beyond_its_places_it_is_busy_and_its_end_waits_for_what_it_has_taken() throws Exception {
        ConfigurableApplicationContext slow = start(Slow.class, "--uploads.at-once=1");
        byte[] image = Uploads.jpeg(64, 64, 1);
        CompletableFuture<Integer> taken = CompletableFuture.supplyAsync(() -> {
            try {
                return Uploads.post(port(slow), image).statusCode();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        Slow.RUNNING.await();
        HttpResponse<String> busy = Uploads.post(port(slow), image);
        assertThat(busy.statusCode()).isEqualTo(503);
        assertThat(busy.body()).contains("busy");
        CompletableFuture<Void> closed = CompletableFuture.runAsync(slow::close);
        Thread.sleep(300);
        assertThat(closed).isNotDone();
        Slow.LET_GO.countDown();
        closed.join();
        assertThat(Slow.FAILURES).hasValue(0);
        taken.handle((status, lost) -> {
                    // on a busy machine Tomcat may cut a connection between the end of a request and the end of its
                    // answer
                    assertThat(status).isIn(null, 200);
                    return status;
                })
                .join();
    }
}
