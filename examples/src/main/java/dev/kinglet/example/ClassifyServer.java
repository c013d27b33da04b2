package dev.kinglet.example;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.ImageLimits;
import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.ClassifierOptions;
import dev.kinglet.infer.LabeledScore;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;

/**
 * Names what is in images, over HTTP: {@code POST /classify} with an image as the body answers
 * {@code [{"label": ..., "score": ...}, ...]}, the best five classes; {@code GET /metrics} answers {@link Counters}.
 *
 * <pre>{@code
 * java -cp ... dev.kinglet.example.ClassifyServer otters.onnx 8080
 * curl -X POST -T photo.jpg http://localhost:8080/classify
 * }</pre>
 */
final class ClassifyServer implements AutoCloseable {
    private static final int MAX_BYTES = 16 << 20; // of an encoded image

    private final Counters counters = new Counters();
    private final Classifier classifier;
    private final ExecutorService threads;
    private final HttpServer server;

    /** Listens on the loopback address, at {@code port}; 0 is any that is free. */
    public ClassifyServer(Path model, int port) throws IOException {
        ClassifierOptions options = ClassifierOptions.defaults()
                .withImageLimits(ImageLimits.defaults().withMaxBytes(MAX_BYTES).withMaxPixels(40_000_000))
                .withListener(counters)
                .withWarmUp(); // the first request is as fast as the second
        classifier = Classifier.open(model, options);
        threads = Executors.newFixedThreadPool(options.sessions()); // more would wait for a session
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        } catch (IOException e) {
            threads.shutdown();
            classifier.close();
            throw e;
        }
        server.setExecutor(threads);
        server.createContext("/classify", answering("POST", this::classify));
        server.createContext("/metrics", answering("GET", exchange -> new Answer(200, counters.json())));
        server.start();
    }

    /** Serves until the program is stopped. */
    public static void main(String[] args) throws IOException {
        if (args.length != 2) {
            System.err.println("usage: ClassifyServer MODEL.onnx PORT");
            System.exit(2);
        }
        ClassifyServer server = new ClassifyServer(Path.of(args[0]), Integer.parseInt(args[1]));
        Runtime.getRuntime().addShutdownHook(new Thread(server::close, "shutdown"));
        System.out.println("POST images to http://localhost:" + server.port() + "/classify");
    }

    /** Where it listens. */
    public int port() {
        return server.getAddress().getPort();
    }

    private record Answer(int status, String json) {
        static Answer error(int status, String message) {
            return new Answer(status, "{\"error\": " + quoted(message) + "}");
        }
    }

    private interface Handler {
        Answer handle(HttpExchange exchange) throws IOException;
    }

    private static HttpHandler answering(String method, Handler handler) {
        return exchange -> {
            try (exchange) {
                Answer answer = exchange.getRequestMethod().equals(method)
                        ? handler.handle(exchange)
                        : Answer.error(405, "this takes " + method);
                byte[] body = answer.json().getBytes(StandardCharsets.UTF_8);
                exchange.getResponseHeaders().set("Content-Type", "application/json");
                exchange.sendResponseHeaders(answer.status(), body.length);
                exchange.getResponseBody().write(body);
            }
        };
    }

    private Answer classify(HttpExchange exchange) throws IOException {
        byte[] image = exchange.getRequestBody().readNBytes(MAX_BYTES + 1); // one too many is refused below
        try {
            return new Answer(200, json(classifier.classify(image)));
        } catch (ImageException e) {
            return Answer.error(400, String.valueOf(e.getMessage()));
        }
    }

    private static String json(List<LabeledScore> answer) {
        return answer.stream()
                .map(best -> String.format(
                        Locale.ROOT, "{\"label\": %s, \"score\": %.6f}", quoted(best.label()), best.score()))
                .collect(Collectors.joining(", ", "[", "]"));
    }

    /** A JSON string. */
    private static String quoted(String text) {
        return text.chars()
                .mapToObj(c -> c < ' ' || c == '"' || c == '\\' ? String.format("\\u%04x", c) : Character.toString(c))
                .collect(Collectors.joining("", "\"", "\""));
    }

    /** Takes no more requests, and frees everything once those that run are answered. */
    @Override
    public void close() {
        server.stop(1); // waits so many seconds for them
        threads.shutdown();
        classifier.close();
    }
}
