package dev.kinglet.serve;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;

/** Replies in JSON. */
final class Replies {
    static final ObjectMapper MAPPER = new ObjectMapper();

    private Replies() {}

    static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    static HttpResponse ok(JsonNode json) {
        return of(HttpStatus.OK, json);
    }

    static HttpResponse of(HttpStatus status, JsonNode json) {
        return HttpResponse.of(status, MediaType.JSON, data(json));
    }

    static HttpData data(JsonNode json) {
        try {
            return HttpData.wrap(MAPPER.writeValueAsBytes(json));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of nodes cannot be written", e);
        }
    }

    /** The reply to a request that gets no answer. */
    static HttpResponse error(Refusal refusal) {
        ResponseHeadersBuilder headers =
                ResponseHeaders.builder(refusal.kind().status()).contentType(MediaType.JSON);
        refusal.retryAfterSeconds()
                .ifPresent(seconds -> headers.set(HttpHeaderNames.RETRY_AFTER, Integer.toString(seconds)));
        if (refusal.kind() == Refusal.Kind.UNAUTHORIZED) {
            headers.set(HttpHeaderNames.WWW_AUTHENTICATE, "Bearer realm=\"kinglet\"");
        }
        return HttpResponse.of(headers.build(), error(refusal.getMessage()));
    }

    static HttpData error(String message) {
        return data(object().put("error", message));
    }
}
