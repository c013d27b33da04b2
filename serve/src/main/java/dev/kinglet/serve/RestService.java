package dev.kinglet.serve;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.kinglet.oip.InferRequest;
import dev.kinglet.oip.InferResponse;
import dev.kinglet.oip.OipException;
import dev.kinglet.oip.RestCodec;
import dev.kinglet.oip.RestMessage;
import java.io.IOException;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The Open Inference Protocol over REST, with Triton's binary tensors, classification and repository. */
final class RestService {
    private static final Logger LOG = LoggerFactory.getLogger(RestService.class);

    private final ServerState state;
    private final RestCodec codec;

    RestService(ServerState state) {
        this.state = state;
        codec = new RestCodec(state.limits().json());
    }

    /** Adds its paths. */
    void addTo(ServerBuilder server) {
        get(server, "/v2", ctx -> Replies.ok(serverMetadata()));
        get(server, "/v2/", ctx -> Replies.ok(serverMetadata()));
        get(server, "/v2/health/live", ctx -> health(state.isLive()));
        get(server, "/v2/health/ready", ctx -> health(state.isReady()));
        for (String model : new String[] {"/v2/models/{model}", "/v2/models/{model}/versions/{version}"}) {
            get(server, model, ctx -> Replies.ok(ModelMetadata.json(state.repository(), model(ctx), version(ctx))));
            get(server, model + "/ready", this::modelReady);
            post(server, model + "/infer", this::infer);
        }
        post(server, "/v2/repository/index", this::index);
        post(server, "/v2/repository/models/{model}/load", (ctx, request) -> control(ctx, request, true));
        post(server, "/v2/repository/models/{model}/unload", (ctx, request) -> control(ctx, request, false));
    }

    private interface Get {
        HttpResponse reply(ServiceRequestContext ctx) throws Exception;
    }

    private static void get(ServerBuilder server, String path, Get get) {
        server.route().get(path).build((ctx, request) -> get.reply(ctx));
    }

    private static void post(ServerBuilder server, String path, HttpService service) {
        server.route().post(path).build(service);
    }

    static String model(ServiceRequestContext ctx) {
        String model = ctx.pathParam("model");
        return model == null ? "" : model;
    }

    static String version(ServiceRequestContext ctx) {
        String version = ctx.pathParam("version");
        return version == null ? "" : version;
    }

    private ObjectNode serverMetadata() {
        ObjectNode json = Replies.object().put("name", ServerState.NAME).put("version", ServerState.version());
        ArrayNode extensions = json.putArray("extensions");
        state.extensions().forEach(extensions::add);
        return json;
    }

    /** Clients look at the status, or at one of the two fields, so both are there. */
    private HttpResponse health(boolean good) {
        return HttpResponse
                .of( // the first answer of most servers: it does not wait for the writer of JSON to be loaded
                        good ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE,
                        MediaType.JSON,
                        "{\"live\":" + state.isLive() + ",\"ready\":" + state.isReady() + "}");
    }

    private HttpResponse modelReady(ServiceRequestContext ctx) {
        boolean ready = state.isReady(model(ctx), version(ctx));
        return Replies.of(
                ready ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE,
                Replies.object().put("name", model(ctx)).put("ready", ready));
    }

    private HttpResponse infer(ServiceRequestContext ctx, HttpRequest http) {
        OptionalInt headerLength = headerLength(http);
        return state.answer(ctx, http, headerLength::orElse, body -> {
            InferRequest request = parsed(ctx, body, headerLength);
            return state.inference().infer(request, state.caller(ctx)).thenApply(answer -> reply(answer, request));
        });
    }

    private static OptionalInt headerLength(HttpRequest http) {
        String text = http.headers().get(RestCodec.HEADER_LENGTH);
        if (text == null) {
            return OptionalInt.empty();
        }
        try {
            return OptionalInt.of(Integer.parseInt(text.strip()));
        } catch (NumberFormatException e) {
            throw Refusal.invalid(RestCodec.HEADER_LENGTH + " is '" + text + "', which is no length");
        }
    }

    private InferRequest parsed(ServiceRequestContext ctx, AggregatedHttpRequest body, OptionalInt headerLength) {
        try {
            return codec.request(
                    model(ctx), version(ctx), new RestMessage(body.content().array(), headerLength));
        } catch (OipException e) {
            throw Refusal.invalid(e.getMessage());
        }
    }

    private HttpResponse reply(InferResponse answer, InferRequest request) {
        RestMessage message;
        try {
            message = codec.message(answer, request);
        } catch (IllegalArgumentException e) { // of weights that are not numbers
            throw new Refusal(Refusal.Kind.FAILED, "the model gives no usable answer: " + e.getMessage());
        }
        ResponseHeadersBuilder headers = ResponseHeaders.builder(HttpStatus.OK);
        if (message.headerLength().isPresent()) {
            headers.contentType(MediaType.OCTET_STREAM)
                    .set(
                            RestCodec.HEADER_LENGTH,
                            Integer.toString(message.headerLength().getAsInt()));
        } else {
            headers.contentType(MediaType.JSON);
        }
        return HttpResponse.of(headers.build(), HttpData.wrap(message.bytes()));
    }

    private HttpResponse index(ServiceRequestContext ctx, HttpRequest http) {
        state.requireModelControl();
        return HttpResponse.of(http.aggregate().thenApply(body -> {
            boolean onlyReady = ready(body);
            ArrayNode models = Replies.MAPPER.createArrayNode();
            for (ModelRepository.Status status : state.repository().status()) {
                if (status.ready() || !onlyReady) {
                    models.addObject()
                            .put("name", status.model())
                            .put("version", status.version())
                            .put("state", status.state())
                            .put("reason", status.reason());
                }
            }
            return Replies.ok(models);
        }));
    }

    private static boolean ready(AggregatedHttpRequest body) {
        if (body.content().isEmpty()) {
            return false;
        }
        try {
            JsonNode json = Replies.MAPPER.readTree(body.content().array());
            return json.path("ready").asBoolean(false);
        } catch (JsonProcessingException e) {
            throw Refusal.invalid("the body is no JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw Refusal.invalid("the body is no JSON: " + e.getMessage());
        }
    }

    private HttpResponse control(ServiceRequestContext ctx, HttpRequest http, boolean load) {
        state.requireModelControl();
        String model = model(ctx);
        return HttpResponse.of(http.aggregate()
                .thenCompose(body -> CompletableFuture.supplyAsync(
                        () -> {
                            change(model, load);
                            return Replies.ok(Replies.object());
                        },
                        ctx.blockingTaskExecutor())));
    }

    /** The refusal of a folder that cannot be read; why, the log says. */
    static Refusal unreadable(IOException failure) {
        LOG.warn("the repository cannot be read", failure);
        return Refusal.unavailable("the repository cannot be read; the server's log says why");
    }

    private void change(String model, boolean load) {
        if (!load) {
            state.repository().unload(model);
            return;
        }
        try {
            state.repository().load(model);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }
}
