package dev.kinglet.data.download;

import dev.kinglet.base.IoReason;
import dev.kinglet.base.Printable;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import javax.net.ssl.SSLException;

/**
 * Requests over HTTP. Redirects are followed one by one, to https alone; a start that is not https itself may go on to
 * its own host, and one on this machine (the loopback address) to this machine.
 */
public final class Requests {
    static final int OK = 200;

    private static final Duration PATIENCE = Duration.ofSeconds(60); // with a server that does not answer
    private static final int MAX_REDIRECTS = 10;
    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
    private static final String HTTPS = "https";
    private static final HttpClient CLIENT = HttpClient.newBuilder()
            .connectTimeout(PATIENCE)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();

    private Requests() {}

    /**
     * The answer to a request.
     *
     * @param status of the last answer
     * @param text the body, where it was asked for; empty if the status is not 200
     * @param headers by name, of the first answer on the way that has them: a hub describes a file where it redirects to it
     * @param length of what the last address has; empty if the server does not say
     */
    public record Answer(int status, String text, Map<String, String> headers, OptionalLong length) {
        private static Answer of(String text, List<HttpResponse<?>> hops) {
            HttpResponse<?> last = hops.get(hops.size() - 1);
            Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
            for (HttpResponse<?> hop : hops) {
                hop.headers().map().forEach((name, values) -> headers.putIfAbsent(name, values.get(0)));
            }
            return new Answer(last.statusCode(), text, headers, last.headers().firstValueAsLong("Content-Length"));
        }

        /** A header, whatever the case of its name. */
        public Optional<String> header(String name) {
            return Optional.ofNullable(headers.get(name));
        }
    }

    /**
     * What a hub says of a file in the headers of its address: redirects are followed on the same host only, because a
     * store of content that it redirects to may know no more, and refuse to be asked.
     *
     * @throws IOException as {@link #head}
     */
    public static Answer describe(URI address) throws IOException, InterruptedException {
        return head(address, true);
    }

    /**
     * The headers of an address.
     *
     * @throws IOException if the server cannot be reached, or redirects to where nobody follows; the message names it
     */
    public static Answer head(URI address) throws IOException, InterruptedException {
        return head(address, false);
    }

    private static Answer head(URI address, boolean onItsHost) throws IOException, InterruptedException {
        List<HttpResponse<?>> hops = new ArrayList<>();
        try (InputStream body = send(address, request("HEAD"), hops, onItsHost).body()) {
            return Answer.of("", hops);
        } catch (IOException e) {
            throw unreachable(address, e);
        }
    }

    /**
     * The text at an address, in UTF-8.
     *
     * @throws IOException as {@link #head}, or if it is longer
     */
    public static Answer text(URI address, int maxBytes) throws IOException, InterruptedException {
        List<HttpResponse<?>> hops = new ArrayList<>();
        byte[] bytes;
        try (InputStream body = send(address, request("GET"), hops, false).body()) {
            bytes = body.readNBytes(maxBytes + 1);
        } catch (IOException e) {
            throw unreachable(address, e);
        }
        int status = hops.get(hops.size() - 1).statusCode();
        if (status == OK && bytes.length > maxBytes) {
            throw new IOException(address + " has more than " + maxBytes + " bytes, where a short text is expected");
        }
        return Answer.of(status == OK ? new String(bytes, StandardCharsets.UTF_8) : "", hops);
    }

    private static HttpRequest.Builder request(String method) {
        return HttpRequest.newBuilder().method(method, HttpRequest.BodyPublishers.noBody());
    }

    private static IOException unreachable(URI address, IOException e) {
        return e instanceof RedirectException ? e : new IOException(address + " could not be fetched: " + reason(e), e);
    }

    /** A redirect that is not followed; trying again does not help. */
    static final class RedirectException extends IOException {
        private static final long serialVersionUID = 1;

        RedirectException(String message) {
            super(message);
        }
    }

    /** The last answer to a request, whose body the caller closes. */
    static HttpResponse<InputStream> send(URI start, HttpRequest.Builder request)
            throws IOException, InterruptedException {
        return send(start, request, new ArrayList<>(), false);
    }

    /**
     * The last answer, whose body the caller closes.
     *
     * @param hops gets all answers on the way, the last one too
     * @param onItsHost whether a redirect to another host is the last answer
     */
    private static HttpResponse<InputStream> send(
            URI start, HttpRequest.Builder request, List<HttpResponse<?>> hops, boolean onItsHost)
            throws IOException, InterruptedException {
        URI address = start;
        while (true) {
            HttpResponse<InputStream> response = CLIENT.send(
                    request.uri(address).timeout(PATIENCE).build(), HttpResponse.BodyHandlers.ofInputStream());
            hops.add(response);
            Optional<String> location = response.headers().firstValue("Location");
            if (!REDIRECTS.contains(response.statusCode()) || location.isEmpty()) {
                return response;
            }
            URI to = target(address, location.get());
            if (onItsHost && !isSameHost(address, to)) {
                return response;
            }
            response.body().close();
            if (hops.size() > MAX_REDIRECTS) {
                throw new RedirectException(start + " redirects more than " + MAX_REDIRECTS + " times");
            }
            if (!isHttps(to) && !isSameHost(address, to) && !(isLocalHttp(start) && isLocalHttp(to))) {
                throw new RedirectException(start + " redirects to " + to
                        + ", which is not followed: redirects are followed to https only");
            }
            address = to;
        }
    }

    private static URI target(URI from, String location) throws RedirectException {
        try {
            URI to = from.resolve(location);
            if (to.getHost() != null) {
                return to;
            }
        } catch (IllegalArgumentException e) {
            // no address either
        }
        throw new RedirectException(from + " redirects to '" + Printable.of(location) + "', which is no address");
    }

    private static boolean isSameHost(URI from, URI to) {
        return from.getScheme().equalsIgnoreCase(to.getScheme())
                && from.getAuthority().equalsIgnoreCase(to.getAuthority());
    }

    private static boolean isHttps(URI address) {
        return HTTPS.equalsIgnoreCase(address.getScheme());
    }

    private static boolean isLocalHttp(URI address) {
        String host = String.valueOf(address.getHost()).toLowerCase(Locale.ROOT);
        return "http".equalsIgnoreCase(address.getScheme())
                && (host.equals("localhost") || host.equals("[::1]") || host.matches("127(\\.\\d{1,3}){3}"));
    }

    /** The part of an address after its last slash; empty if there is none. */
    public static String fileName(URI address) {
        String path = String.valueOf(address.getPath());
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** The address of a path below another address, which may end in a slash or not. */
    public static URI below(URI folder, String path) {
        String base = folder.toString();
        return URI.create((base.endsWith("/") ? base : base + "/") + path);
    }

    /** Whether what comes from an address can be trusted to be its own: https, or http on this machine. */
    public static boolean isSecure(URI address) {
        return address.getHost() != null && (isHttps(address) || isLocalHttp(address));
    }

    /** What went wrong with a connection, of which the JDK often says no more than the name of an exception. */
    static String reason(IOException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnknownHostException || cause instanceof UnresolvedAddressException) {
                return "there is no such server, or no network";
            }
        }
        if (e instanceof HttpTimeoutException) {
            return "the server did not answer within " + PATIENCE.toSeconds() + " seconds";
        }
        if (e instanceof ConnectException) {
            return "the server cannot be reached, or refuses connections";
        }
        if (e instanceof SSLException) {
            return "no secure connection with the server: " + IoReason.of(e);
        }
        return e instanceof FileSystemException file && file.getFile() != null
                ? file.getFile() + ": " + IoReason.of(e)
                : IoReason.of(e);
    }
}
