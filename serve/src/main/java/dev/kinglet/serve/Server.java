package dev.kinglet.serve;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.TlsProvider;
import com.linecorp.armeria.common.grpc.GrpcSerializationFormats;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.cors.CorsService;
import com.linecorp.armeria.server.grpc.GrpcService;
import com.linecorp.armeria.server.prometheus.PrometheusExpositionService;
import dev.kinglet.image.ImageDecoder;
import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.ClassifierOptions;
import dev.kinglet.oip.RestCodec;
import dev.kinglet.serve.transport.AccessLog;
import dev.kinglet.serve.transport.CertificateFiles;
import dev.kinglet.serve.transport.DeferredService;
import dev.kinglet.serve.transport.GrpcTimeout;
import dev.kinglet.serve.transport.SlowClients;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.LoggerFactory;

/**
 * A server of classifiers: the Open Inference Protocol over REST and gRPC, images as they are, metrics, and a page for
 * people, on one port. Safe for several threads.
 *
 * <pre>{@code
 * try (Server server = Server.of(ServerOptions.of("birds", Classifier.open(Path.of("birds.onnx")))).start()) {
 *     System.out.println(server.uri());
 * }
 * }</pre>
 */
public final class Server implements AutoCloseable {
    private static final Duration IDLE = Duration.ofSeconds(60); // of a connection that says nothing
    private static final Duration QUIET = Duration.ofMillis(50); // after which the library takes the server for idle
    private static final List<String> GRPC_SERVICES =
            List.of("inference.GRPCInferenceService", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection");
    private static final int PART = 64 << 10; // bytes of a body that are handed on together, of HTTP/1.1
    private static final Duration AFTER_FIRST_REQUESTS = Duration.ofSeconds(1); // such as whether it is ready
    private static final Duration LINGER = Duration.ofSeconds(1); // for requests that are not for inference

    private static volatile CompletableFuture<Void> logging = CompletableFuture.completedFuture(null); // is set up

    private final ServerOptions options;
    private final ModelRepository repository;
    private final InferenceQueue queue;
    private final ServerState state;
    private final HealthStatusManager health = new HealthStatusManager(); // for gRPC's standard service
    private final DeferredService grpc;
    private final CompletableFuture<com.linecorp.armeria.server.Server> server; // built while the models are opened

    private Server(ServerOptions options) throws IOException {
        logging.join();
        this.options = options;
        checkAccess(options);
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        ServerMetrics metrics = new ServerMetrics(registry);
        repository = repository(options, metrics);
        queue = new InferenceQueue(options.limits(), options.sessions(), metrics);
        metrics.watch(queue::depth);
        state = new ServerState(repository, queue, options.limits(), metrics, options.modelControl());
        grpc = new DeferredService(
                () -> new GrpcTimeout(grpc(), options.limits().timeout()));
        reportHealth();
        repository.onChange(this::reportHealth);
        Optional<CertificateFiles> certificate =
                options.access().tls().map(tls -> new CertificateFiles(tls.certificate(), tls.key()));
        InetSocketAddress address = new InetSocketAddress(InetAddress.getByName(options.host()), options.port());
        server = CompletableFuture.supplyAsync(() -> build(registry, address, certificate));
        CompletableFuture.runAsync(ImageDecoder::load); // it takes as long as the rest of opening a model
    }

    /**
     * Begins to load, in a thread of its own, what every server needs: the libraries for HTTP, images and networks. For a
     * program that does other things before it makes a server. What cannot be loaded is reported by the server.
     */
    public static void preload() {
        CompletableFuture<Void> loggers = new CompletableFuture<>();
        logging = loggers; // several threads at once would set it up with a warning
        CompletableFuture.runAsync(
                () -> { // one thread: the program has work for the other processors
                    try {
                        LoggerFactory.getILoggerFactory();
                    } finally {
                        loggers.complete(null);
                    }
                    com.linecorp.armeria.server.Server.builder()
                            .service("/", (ctx, request) -> HttpResponse.of(HttpStatus.OK))
                            .build();
                    Classifier.load();
                });
    }

    /**
     * A server that does not listen yet.
     *
     * @throws IOException if the host's name is not known
     * @throws IllegalArgumentException if it would listen at other than loopback addresses without a token
     */
    public static Server of(ServerOptions options) throws IOException {
        return new Server(options);
    }

    private static void checkAccess(ServerOptions options) throws UnknownHostException {
        ServerOptions.Access access = options.access();
        if (access.tokens().isEmpty() && !access.insecure() && !isLoopback(options)) {
            throw new IllegalArgumentException("host is " + options.host()
                    + ", which others can reach: give a token (token-file), or say that everybody may ask (insecure)");
        }
        for (String token : access.tokens()) {
            if (token.isBlank()) {
                throw new IllegalArgumentException("a token is blank");
            }
        }
    }

    private static boolean isLoopback(ServerOptions options) throws UnknownHostException {
        return InetAddress.getByName(options.host()).isLoopbackAddress();
    }

    private static ModelRepository repository(ServerOptions options, ServerMetrics metrics) {
        ServerOptions.Models models = options.models();
        if (models instanceof ServerOptions.Models.Open open) {
            return ModelRepository.of(open.classifiers(), options.limits(), metrics);
        }
        ServerOptions.Models.Files files = (ServerOptions.Models.Files) models;
        ClassifierOptions classifiers = ClassifierOptions.defaults().withSessions(options.sessions());
        return new ModelRepository(
                new RepositoryLayout(files.path(), files.name()),
                options.limits(),
                files.rawScores() ? classifiers.withRawScores() : classifiers,
                metrics);
    }

    private com.linecorp.armeria.server.Server build(
            PrometheusMeterRegistry registry, InetSocketAddress address, Optional<CertificateFiles> certificate) {
        Limits limits = options.limits();
        ServerBuilder builder = com.linecorp.armeria.server.Server.builder();
        if (certificate.isPresent()) {
            builder.https(address).tlsProvider(TlsProvider.ofScheduled(certificate.get(), options.poll()));
        } else {
            builder.http(address);
        }
        builder.requestTimeout(limits.timeout())
                .maxRequestLength(limits.bodyBytes())
                .maxNumConnections(limits.connections())
                .http1MaxChunkSize(PART)
                .idleTimeout(IDLE)
                .gracefulShutdownTimeout(QUIET, LINGER)
                .errorHandler(new Errors(limits, state))
                .unloggedExceptionsReportInterval(Duration.ZERO) // a refusal is none, and Errors logs the others
                .meterRegistry(registry);
        if (options.accessLog()) {
            builder.accessLogWriter(new AccessLog(), true);
        }
        new RestService(state).addTo(builder);
        new PredictionService(state).addTo(builder);
        new Page(state).addTo(builder);
        builder.service("/metrics", PrometheusExpositionService.of(registry.getPrometheusRegistry()));
        for (String service : GRPC_SERVICES) {
            builder.service("glob:/" + service + "/*", grpc);
        }
        builder.decorator(Encodings.newDecorator());
        ServerOptions.Access access = options.access();
        boolean onlyLoopback = access.tokens().isEmpty() && address.getAddress().isLoopbackAddress();
        builder.decorator((HttpService delegate) -> new Tokens(delegate, access));
        builder.decorator((HttpService delegate) -> new Origins(delegate, access.origins(), onlyLoopback));
        if (!access.origins().isEmpty()) {
            builder.decorator(CorsService.builder(access.origins())
                    .allowAllRequestHeaders(true)
                    .allowRequestMethods(HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT)
                    .exposeHeaders(RestCodec.HEADER_LENGTH)
                    .newDecorator());
        }
        new SlowClients(limits.timeout()).addTo(builder);
        return builder.build();
    }

    private GrpcService grpc() {
        return GrpcService.builder()
                .addService(new GrpcInference(state))
                .addService(ProtoReflectionServiceV1.newInstance())
                .addService(health.getHealthService())
                .supportedSerializationFormats(GrpcSerializationFormats.PROTO)
                .maxRequestMessageLength(options.limits().bodyBytes())
                .useClientTimeoutHeader(true)
                .exceptionHandler(new GrpcErrors(state))
                .build();
    }

    private void reportHealth() {
        health.setStatus(
                HealthStatusManager.SERVICE_NAME_ALL_SERVICES,
                state.isReady() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);
    }

    /**
     * Opens the models and listens; meanwhile it is live and not ready, and refuses inference.
     *
     * @return this
     * @throws IOException if there is no model, or the port cannot be had
     */
    public Server start() throws IOException {
        try {
            CompletableFuture<Void> listening = server.thenCompose(com.linecorp.armeria.server.Server::start);
            repository.open();
            queue.start();
            await(listening);
            state.start();
            reportHealth();
            grpc.begin(AFTER_FIRST_REQUESTS);
            repository.watch(options.poll().toMillis());
            return this;
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private void await(CompletableFuture<Void> listening) throws IOException {
        try {
            listening.join();
        } catch (CompletionException e) {
            throw new IOException(
                    "port " + options.port() + " of " + options.host() + " cannot be had: " + e.getCause(), e);
        }
    }

    /** The port it listens at. */
    public int port() {
        return server.join().activeLocalPort();
    }

    /** Where it listens. */
    public URI uri() {
        String host = options.host().contains(":") ? "[" + options.host() + "]" : options.host();
        return URI.create((options.access().tls().isPresent() ? "https" : "http") + "://" + host + ":" + port());
    }

    /**
     * Opens every version of every model, without listening, and closes them again.
     *
     * @return what is wrong, one line per version that cannot be opened
     * @throws IOException if the path cannot be read, or has no model at all
     */
    public static List<String> check(ServerOptions options) throws IOException {
        checkAccess(options);
        try (ModelRepository repository =
                repository(options, new ServerMetrics(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT)))) {
            return repository.check();
        }
    }

    /** Where it listens, what it serves, how many sessions and which limits, in one line. */
    public String summary() {
        List<String> models = repository.status().stream()
                .map(status -> status.ready()
                        ? status.model() + " " + status.version()
                        : status.model() + " (not ready: " + status.detail() + ")")
                .toList();
        Limits limits = options.limits();
        return uri() + " serves " + String.join(", ", models) + "; " + options.sessions()
                + " sessions of one thread, bodies up to "
                + limits.bodyBytes() + " bytes, " + limits.queueImages() + " images waiting, "
                + limits.timeout().toMillis() / 1000.0 + " s per request"
                + (options.access().tokens().isEmpty() ? "; no token needed" : "");
    }

    /** Its models, for tests. */
    ModelRepository repository() {
        return repository;
    }

    /** Whether every model answers. */
    public boolean isReady() {
        return state.isReady();
    }

    /**
     * Ends in order: it is no longer ready, takes nothing new, answers everything that it took, and frees the models. The
     * requests have {@link ServerOptions#drain} for that.
     */
    @Override
    public void close() {
        health.enterTerminalState();
        state.drain(options.drain());
        server.join().stop().join();
        queue.close();
        repository.close();
        server.join().close();
    }

    /** Reads tokens from a file: one a line; empty lines and those that begin with # are left out. */
    public static List<String> tokens(Path file) throws IOException {
        List<String> tokens = Files.readAllLines(file).stream()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .toList();
        if (tokens.isEmpty()) {
            throw new IOException(file + " has no token; expected one a line");
        }
        return tokens;
    }
}
