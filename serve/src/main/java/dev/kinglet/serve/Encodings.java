package dev.kinglet.serve;

import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.encoding.StreamDecoderFactory;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceRequestContext;
import com.linecorp.armeria.server.SimpleDecoratingHttpService;
import com.linecorp.armeria.server.encoding.DecodingService;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** Compressed bodies: by gzip or deflate, or refused. */
final class Encodings extends SimpleDecoratingHttpService {
    private static final List<String> KNOWN = List.of("", "identity", "gzip", "deflate");

    private Encodings(HttpService delegate) {
        super(delegate);
    }

    static Function<HttpService, HttpService> newDecorator() {
        return delegate ->
                new Encodings(DecodingService.newDecorator(StreamDecoderFactory.gzip(), StreamDecoderFactory.deflate())
                        .apply(delegate));
    }

    @Override
    public HttpResponse serve(ServiceRequestContext ctx, HttpRequest request) throws Exception {
        String encoding = String.join(", ", request.headers().getAll(HttpHeaderNames.CONTENT_ENCODING));
        if (!KNOWN.contains(encoding.strip().toLowerCase(Locale.ROOT))) {
            throw new Refusal(
                    Refusal.Kind.UNSUPPORTED, "content-encoding is '" + encoding + "'; gzip and deflate are taken");
        }
        return unwrap().serve(ctx, request);
    }
}
