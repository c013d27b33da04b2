package dev.kinglet.serve;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.server.ServerBuilder;
import dev.kinglet.network.Card;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** A page for people: an image in, the best classes out. All that it shows comes from this server. */
final class Page {
    /** Nothing from elsewhere, no script in the text, and in nobody's frame. */
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
            + " img-src 'self' blob: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private final ServerState state;

    Page(ServerState state) {
        this.state = state;
    }

    void addTo(ServerBuilder server) {
        file(server, "/", "index.html", MediaType.HTML_UTF_8);
        file(server, "/page/page.css", "page.css", MediaType.CSS_UTF_8);
        file(server, "/page/page.js", "page.js", MediaType.JAVASCRIPT_UTF_8);
        file(server, "/favicon.ico", "icon.svg", MediaType.SVG_UTF_8);
        server.route().get("/models").build((ctx, request) -> Replies.ok(models()));
    }

    private static void file(ServerBuilder server, String path, String resource, MediaType type) {
        HttpData content = HttpData.wrap(read(resource));
        ResponseHeaders headers = ResponseHeaders.builder(HttpStatus.OK)
                .contentType(type)
                .set(HttpHeaderNames.CONTENT_SECURITY_POLICY, POLICY)
                .set(HttpHeaderNames.X_CONTENT_TYPE_OPTIONS, "nosniff")
                .set(HttpHeaderNames.REFERRER_POLICY, "no-referrer")
                .set(HttpHeaderNames.CACHE_CONTROL, "no-cache")
                .build();
        server.route().get(path).build((ctx, request) -> HttpResponse.of(headers, content));
    }

    private static byte[] read(String resource) {
        try (InputStream in = Page.class.getResourceAsStream("page/" + resource)) {
            if (in == null) {
                throw new IllegalStateException("the program is not complete: " + resource + " is missing");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(resource, e);
        }
    }

    /** The cards of all models that answer. */
    private ArrayNode models() {
        ArrayNode models = Replies.MAPPER.createArrayNode();
        for (ModelRepository.Status status : state.repository().status()) {
            if (!status.ready()) {
                continue;
            }
            LoadedVersion version;
            try {
                version = state.repository().acquire(status.model(), "");
            } catch (Refusal e) { // unloaded a moment ago
                continue;
            }
            try {
                models.add(card(version));
            } finally {
                version.release();
            }
        }
        return models;
    }

    private static ObjectNode card(LoadedVersion version) {
        Card card = version.card();
        ObjectNode json = Replies.object()
                .put("name", version.model())
                .put("version", version.version())
                .put("network", card.model())
                .put("classes", card.labels().size())
                .put("input_size", card.preprocessing().inputSize())
                .put("crop_pct", card.preprocessing().cropPct())
                .put("interpolation", card.preprocessing().interpolation().key());
        version.cost()
                .ifPresent(cost -> json.put("parameters", cost.parameters()).put("macs", cost.macs()));
        ObjectNode provenance = json.putObject("provenance");
        card.provenance().forEach(provenance::put);
        return json;
    }
}
