package dev.kinglet.serve.transport;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.linecorp.armeria.common.logging.RequestLog;
import com.linecorp.armeria.server.ServiceRequestContext;
import com.linecorp.armeria.server.logging.AccessLogWriter;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A line of JSON for each request. Neither bodies nor tokens are in it. */
public final class AccessLog implements AccessLogWriter {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Logger LOG = LoggerFactory.getLogger("dev.kinglet.serve.access");

    @Override
    public void log(RequestLog log) {
        if (!LOG.isInfoEnabled()) {
            return;
        }
        ObjectNode line = MAPPER.createObjectNode()
                .put("time", Instant.ofEpochMilli(log.requestStartTimeMillis()).toString())
                .put("client", client(log))
                .put("method", log.requestHeaders().method().name())
                .put("path", log.requestHeaders().path())
                .put("protocol", log.sessionProtocol().uriText())
                .put("status", log.responseHeaders().status().code())
                .put("request_bytes", log.requestLength())
                .put("response_bytes", log.responseLength())
                .put("micros", TimeUnit.NANOSECONDS.toMicros(log.totalDurationNanos()));
        try {
            LOG.info(MAPPER.writeValueAsString(line));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of nodes cannot be written", e);
        }
    }

    private static String client(RequestLog log) {
        if (log.context() instanceof ServiceRequestContext ctx) {
            InetSocketAddress address = ctx.remoteAddress();
            return address.getAddress() == null
                    ? address.getHostString()
                    : address.getAddress().getHostAddress();
        }
        return "";
    }
}
