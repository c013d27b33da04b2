package dev.kinglet.serve;

import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceRequestContext;
import com.linecorp.armeria.server.SimpleDecoratingHttpService;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Bearer tokens (RFC 6750). Compared by their digests, all of them, in a time that says nothing about where they differ.
 * Health, on both protocols, gRPC's reflection, and the page itself need none: probes carry none, and the page asks with
 * the token that its reader gives it.
 */
final class Tokens extends SimpleDecoratingHttpService {
    private static final String SCHEME = "bearer ";
    private static final List<String> OPEN = List.of(
            "/v2/health/live",
            "/v2/health/ready",
            "/",
            "/favicon.ico",
            "/inference.GRPCInferenceService/ServerLive",
            "/inference.GRPCInferenceService/ServerReady");
    private static final List<String> OPEN_BELOW =
            List.of("/page/", "/grpc.health.v1.Health/", "/grpc.reflection.v1.", "/grpc.reflection.v1alpha.");
    private static final String METRICS = "/metrics";

    private final List<byte[]> digests;
    private final boolean openMetrics;

    Tokens(HttpService delegate, ServerOptions.Access access) {
        super(delegate);
        digests = access.tokens().stream().map(Tokens::digest).toList();
        openMetrics = access.openMetrics();
    }

    @Override
    public HttpResponse serve(ServiceRequestContext ctx, HttpRequest request) throws Exception {
        if (digests.isEmpty() || isOpen(ctx.path()) || isKnown(request.headers().get(HttpHeaderNames.AUTHORIZATION))) {
            return unwrap().serve(ctx, request);
        }
        throw new Refusal(
                Refusal.Kind.UNAUTHORIZED,
                "a token is needed, as 'Authorization: Bearer TOKEN', and this is none of the server's");
    }

    private boolean isOpen(String path) {
        return OPEN.contains(path)
                || OPEN_BELOW.stream().anyMatch(path::startsWith)
                || (openMetrics && path.equals(METRICS));
    }

    private boolean isKnown(@Nullable String authorization) {
        if (authorization == null || !authorization.toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
            return false;
        }
        byte[] digest = digest(authorization.substring(SCHEME.length()).strip());
        boolean known = false;
        for (byte[] one : digests) {
            known |= MessageDigest.isEqual(one, digest);
        }
        return known;
    }

    private static byte[] digest(String token) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
