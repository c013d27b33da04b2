package dev.kinglet.serve;

import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceRequestContext;
import com.linecorp.armeria.server.SimpleDecoratingHttpService;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Keeps pages of other sites out, whose browser can reach this server: a request that names another origin is refused unless
 * that is allowed, not only its answer hidden; and so is, where no token protects a server at a loopback address, a request
 * by a host name that is not the loopback's (DNS rebinding).
 */
final class Origins extends SimpleDecoratingHttpService {
    private static final List<String> LOOPBACK = List.of("localhost", "127.0.0.1", "[::1]");

    private static final Pattern PORT = Pattern.compile(":[0-9]*$");
    private static final Pattern LOOPBACK_ADDRESS = Pattern.compile("127\\.[0-9.]+");

    private final List<String> allowed;
    private final boolean onlyLoopback;

    /** @param onlyLoopback whether a request must name a loopback host */
    Origins(HttpService delegate, List<String> allowed, boolean onlyLoopback) {
        super(delegate);
        this.allowed = allowed;
        this.onlyLoopback = onlyLoopback;
    }

    @Override
    public HttpResponse serve(ServiceRequestContext ctx, HttpRequest request) throws Exception {
        String authority = request.authority();
        if (onlyLoopback && authority != null && !LOOPBACK.contains(host(authority))) {
            throw new Refusal(
                    Refusal.Kind.FORBIDDEN,
                    "without tokens a request names a loopback host, such as localhost, not '" + authority + "'");
        }
        String origin = request.headers().get(HttpHeaderNames.ORIGIN);
        if (origin != null && !allowed.contains(origin) && !allowed.contains("*") && !isOwn(origin, authority)) {
            throw new Refusal(
                    Refusal.Kind.FORBIDDEN, "pages of '" + origin + "' are not allowed to send requests (cors)");
        }
        return unwrap().serve(ctx, request);
    }

    private static String host(String authority) {
        String host = PORT.matcher(authority).replaceFirst("").toLowerCase(Locale.ROOT);
        return LOOPBACK_ADDRESS.matcher(host).matches() ? "127.0.0.1" : host;
    }

    private static boolean isOwn(String origin, @Nullable String authority) {
        try {
            return authority != null
                    && authority.equalsIgnoreCase(URI.create(origin).getRawAuthority());
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
