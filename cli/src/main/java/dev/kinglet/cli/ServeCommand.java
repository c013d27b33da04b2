package dev.kinglet.cli;

import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.Interruption;
import dev.kinglet.infer.ClassifierOptions;
import dev.kinglet.models.Models;
import dev.kinglet.serve.Limits;
import dev.kinglet.serve.Server;
import dev.kinglet.serve.ServerOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kinglet serve}. */
@Command(
        name = ServeCommand.NAME,
        description = {
            "Serve exported networks over HTTP and gRPC.",
            "The Open Inference Protocol (/v2 and gRPC), images as they are (/predictions/MODEL), metrics (/metrics) and a"
                    + " page (/), on one port. SIGTERM and Ctrl-C end it in order: what it took, it answers.",
            "Each limit is named in the answer to a request that is beyond it; beyond --max-connections there is no answer."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kinglet serve --sample",
            "  kinglet serve birds.onnx",
            "  kinglet serve repository --host 0.0.0.0 --token-file tokens.txt     <model>/<version>/model.onnx, as for Triton",
            "  kinglet serve --model-dir /mnt/models --model-name birds            as KServe calls it",
            "  kinglet serve repository --check",
            "  curl -T photo.jpg http://127.0.0.1:8080/predictions/birds"
        })
final class ServeCommand implements Callable<Integer> {
    static final String NAME = "serve";

    /** Of the HTTP library. Without it, it loads and tries two of them at each start, also where none is used. */
    private static final String TLS_ENGINE = "com.linecorp.armeria.tlsEngineType";

    /** Of the network library, whose events in a flight recording take a while to set up, and nobody looks at. */
    private static final String NETTY_EVENTS = "io.netty.jfr.enabled";

    /** Of the HTTP library, whose versions the build has put together: to look for others takes a while. */
    private static final String NETTY_VERSIONS = "com.linecorp.armeria.warnNettyVersions";

    private static final String SAMPLE = "cifar10"; // name of the model

    private final Console console;

    @Parameters(
            arity = "0..1",
            paramLabel = "FILE|FOLDER",
            description = "An .onnx file, a folder of them, or a folder <model>/<version>/model.onnx.")
    private @Nullable Path path;

    @Option(
            names = "--sample",
            description = "The classifier that comes with Kinglet, of CIFAR-10's ten classes, as model cifar10.")
    private boolean sample;

    @Option(names = "--model-dir", paramLabel = "FOLDER", description = "The same, as KServe gives it.")
    private @Nullable Path modelDir;

    @Option(
            names = "--model-name",
            paramLabel = "NAME",
            description = "Name of the model, if there is a single one (default: its file's or folder's).")
    private @Nullable String modelName;

    @Option(names = "--host", paramLabel = "HOST", description = "Address to listen at (default: ${DEFAULT-VALUE}).")
    private String host = "127.0.0.1";

    @Option(
            names = {"--port", "--http-port"},
            paramLabel = "N",
            description = "Port to listen at; 0 for any that is free (default: ${DEFAULT-VALUE}).")
    private int port = 8080;

    @Option(
            names = "--sessions",
            paramLabel = "N",
            description =
                    "Images that are run at once, each by one thread (default: the processors of the machine or container).")
    private int sessions = Runtime.getRuntime().availableProcessors();

    @Option(
            names = "--raw-scores",
            description =
                    "The softmax of the logits themselves, whatever a model's card says of temperature and unknown images.")
    private boolean rawScores;

    @ArgGroup(exclusive = false, heading = "Access:%n")
    private AccessOptions access = new AccessOptions();

    @ArgGroup(exclusive = false, heading = "Limits:%n")
    private LimitOptions limits = new LimitOptions();

    @Option(names = "--allow-model-control", description = "Let clients list, load and unload models (/v2/repository).")
    private boolean modelControl;

    @Option(
            names = "--poll",
            paramLabel = "SECONDS",
            description = "How often to look for new versions (default: ${DEFAULT-VALUE}).")
    private double poll = 2;

    @Option(
            names = "--drain",
            paramLabel = "SECONDS",
            description = "How long requests may take to end once the server is asked to (default: ${DEFAULT-VALUE}).")
    private double drain = 30;

    @Option(names = "--access-log", description = "Log each request, as a line of JSON.")
    private boolean accessLog;

    @Option(
            names = "--check",
            description = "Only check that every version of every model can be served; exit 1 if not.")
    private boolean check;

    /** Tokens, certificates, origins. */
    static final class AccessOptions {
        @Option(
                names = "--token-file",
                paramLabel = "FILE",
                description =
                        "Tokens, one per line; a request needs one of them ('Authorization: Bearer TOKEN'), health needs none.")
        private @Nullable Path tokenFile;

        @Option(names = "--open-metrics", description = "/metrics needs no token.")
        private boolean openMetrics;

        @Option(names = "--insecure", description = "Listen at addresses that others can reach without a token.")
        private boolean insecure;

        @Option(
                names = "--tls-cert",
                paramLabel = "FILE.pem",
                description = "Certificate and its chain; read again when it changes.")
        private @Nullable Path certificate;

        @Option(names = "--tls-key", paramLabel = "FILE.pem", description = "Its key, without a password.")
        private @Nullable Path key;

        @Option(
                names = "--cors",
                paramLabel = "ORIGIN",
                split = ",",
                description = "Origins allowed to send cross-origin requests (CORS).")
        private List<String> origins = new ArrayList<>();

        ServerOptions.Access access() throws IOException {
            if ((certificate == null) != (key == null)) {
                throw new IllegalArgumentException("--tls-cert and --tls-key come together");
            }
            return new ServerOptions.Access(
                    tokenFile == null ? List.of() : Server.tokens(tokenFile),
                    openMetrics,
                    insecure,
                    certificate == null || key == null
                            ? Optional.empty()
                            : Optional.of(new ServerOptions.Tls(certificate, key)),
                    origins);
        }
    }

    /** What a request may be. */
    static final class LimitOptions {
        private static final Limits DEFAULTS = Limits.defaults();

        @Option(
                names = "--max-body",
                paramLabel = "BYTES",
                description = "Largest body or gRPC message, also decompressed (default: 33554432).")
        private int body = DEFAULTS.bodyBytes();

        @Option(
                names = "--max-pixels",
                paramLabel = "N",
                description = "Largest encoded image, width times height (default: 89478485).")
        private long pixels = DEFAULTS.imagePixels();

        @Option(names = "--max-json-depth", paramLabel = "N", description = "Nesting levels of JSON (default: 32).")
        private int jsonDepth = DEFAULTS.jsonDepth();

        @Option(
                names = "--max-json-elements",
                paramLabel = "N",
                description = "Elements of tensors in JSON (default: 12582912).")
        private int jsonElements = DEFAULTS.jsonElements();

        @Option(names = "--max-images", paramLabel = "N", description = "Images of one request (default: 256).")
        private int images = DEFAULTS.requestImages();

        @Option(names = "--max-queue", paramLabel = "N", description = "Queued images (default: 1024).")
        private int queue = DEFAULTS.queueImages();

        @Option(
                names = "--max-queue-bytes",
                paramLabel = "BYTES",
                description = "Bytes of queued images and of bodies being received (default: 268435456).")
        private long queueBytes = DEFAULTS.queueBytes();

        @Option(
                names = "--max-batch",
                paramLabel = "N",
                description = "Images run together; a larger request is split (default: 8).")
        private int batch = DEFAULTS.batchImages();

        @Option(
                names = "--max-delay",
                paramLabel = "MILLIS",
                description =
                        "How long an image may wait for a batch to fill while another worker is busy (default: 0).")
        private double delay;

        @Option(
                names = "--timeout",
                paramLabel = "SECONDS",
                description = "Time for a request, from its headers to its answer (default: 30).")
        private double timeout = DEFAULTS.timeout().toSeconds();

        @Option(names = "--max-connections", paramLabel = "N", description = "Open connections (default: 4096).")
        private int connections = DEFAULTS.connections();

        Limits limits() {
            return new Limits(
                    body,
                    pixels,
                    jsonDepth,
                    jsonElements,
                    images,
                    queue,
                    queueBytes,
                    batch,
                    seconds(delay / 1000),
                    seconds(timeout),
                    connections);
        }
    }

    ServeCommand(Console console) {
        this.console = console;
    }

    /** Begins to load what a server needs, before picocli has read its arguments. */
    static void preload(String[] args) {
        System.getProperties().putIfAbsent(NETTY_EVENTS, "false");
        System.getProperties().putIfAbsent(NETTY_VERSIONS, "false");
        if (Stream.of(args)
                .noneMatch(word -> word.startsWith("--tls") || word.startsWith("@"))) { // @: a file of options
            System.setProperty(TLS_ENGINE, "jdk");
        }
        Server.preload();
    }

    private static Duration seconds(double seconds) {
        return Duration.ofNanos(Math.round(1e9 * seconds));
    }

    private ServerOptions.Models models() {
        if (Stream.of(path != null, modelDir != null, sample)
                        .filter(given -> given)
                        .count()
                != 1) {
            throw new IllegalArgumentException(
                    "serve takes a file or a folder, or --model-dir, or --sample: one of them");
        }
        Optional<String> name = Optional.ofNullable(modelName);
        Path from = path != null ? path : modelDir;
        if (from != null) {
            return new ServerOptions.Models.Files(from, name, rawScores);
        }
        ClassifierOptions options =
                ClassifierOptions.defaults().withSessions(sessions).withWarmUp();
        return new ServerOptions.Models.Open(
                Map.of(name.orElse(SAMPLE), Models.cifar10(rawScores ? options.withRawScores() : options)));
    }

    @Override
    public Integer call() throws IOException {
        if (check && sample) {
            throw new IllegalArgumentException("--check is for files; leave out --sample");
        }
        ServerOptions options = new ServerOptions(
                models(),
                host,
                port,
                sessions,
                limits.limits(),
                access.access(),
                modelControl,
                seconds(poll),
                seconds(drain),
                accessLog);
        if (check) {
            List<String> problems = Server.check(options);
            problems.forEach(console::result);
            if (problems.isEmpty()) {
                console.result((path != null ? path : modelDir) + ": every version can be served");
            }
            return problems.isEmpty() ? 0 : Failure.FAILED;
        }
        CountDownLatch end = new CountDownLatch(1);
        try (Interruption interruption = new Interruption(end::countDown);
                Server server = Server.of(options).start()) {
            console.result(server.summary());
            end.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Failure.FAILED;
        }
        ClassArchive.write();
        return 0;
    }
}
