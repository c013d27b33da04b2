package dev.kinglet.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.kinglet.data.download.PublishedFile;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The Hugging Face hub, as far as weights are fetched from it, on the loopback address: files of one repository at {@code
 * OWNER/NAME/resolve/REVISION/}, the headers by which it describes the weights, the redirect to its store of content, which
 * refuses to be asked for headers, and the pointers of git-lfs.
 */
final class HubServer implements AutoCloseable {
    static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

    private static final Pattern FILE = Pattern.compile("/(timm/net\\.in1k)/(resolve|raw)/(main|" + COMMIT + ")/(.+)");
    private static final String STORE = "/store/weights";

    final List<String> requests = new CopyOnWriteArrayList<>(); // method, path and range
    final List<Integer> cuts = new CopyOnWriteArrayList<>(); // bytes after which each next answer breaks off
    volatile String config = "{}";
    volatile byte[] weights; // as they are sent
    volatile boolean linked = true; // whether headers describe the weights
    volatile String store; // where the content is redirected to

    private final HttpServer server;
    private final long bytes; // as published
    private final String digest;

    HubServer(byte[] published) throws IOException {
        weights = published;
        bytes = published.length;
        digest = digest(published);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
        store = "http://localhost:" + server.getAddress().getPort() + STORE; // another host
    }

    static String digest(byte[] content) throws IOException {
        Path file = Files.createTempFile("content", null);
        try {
            return PublishedFile.checksum("SHA-256", Files.write(file, content));
        } finally {
            Files.delete(file);
        }
    }

    String digest() {
        return digest;
    }

    URI base() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String range = exchange.getRequestHeaders().getFirst("Range");
        requests.add(exchange.getRequestMethod() + " " + path + (range == null ? "" : " " + range));
        try (exchange) {
            Matcher file = FILE.matcher(path);
            if (path.equals(STORE) || path.startsWith("/plain/")) {
                content(exchange, range, path.equals(STORE));
            } else if (!file.matches()) {
                exchange.sendResponseHeaders(404, -1);
            } else if (file.group(4).equals("config.json")) {
                exchange.getResponseHeaders().set("X-Repo-Commit", COMMIT);
                text(exchange, config);
            } else if (file.group(2).equals("raw")) {
                text(
                        exchange,
                        "version https://git-lfs.github.com/spec/v1\noid sha256:" + digest + "\nsize " + bytes + "\n");
            } else {
                exchange.getResponseHeaders().set("Location", store);
                if (linked) {
                    exchange.getResponseHeaders().set("X-Linked-Size", Long.toString(bytes));
                    exchange.getResponseHeaders().set("X-Linked-ETag", '"' + digest + '"');
                }
                exchange.sendResponseHeaders(302, -1);
            }
        }
    }

    private static void text(HttpExchange exchange, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
    }

    private void content(HttpExchange exchange, String range, boolean refusesHead) throws IOException {
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().set("Content-Length", Integer.toString(weights.length));
            exchange.sendResponseHeaders(refusesHead ? 403 : 200, -1);
            return;
        }
        int from = range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
        byte[] rest = Arrays.copyOfRange(weights, from, weights.length);
        if (range != null) {
            exchange.getResponseHeaders()
                    .set("Content-Range", "bytes " + from + "-" + (weights.length - 1) + "/" + weights.length);
        }
        exchange.sendResponseHeaders(range == null ? 200 : 206, rest.length);
        int until = cuts.isEmpty() ? rest.length : Math.min(rest.length, cuts.remove(0));
        OutputStream out = exchange.getResponseBody();
        out.write(rest, 0, until);
        out.flush();
    }
}
