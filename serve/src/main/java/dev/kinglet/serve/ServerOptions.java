package dev.kinglet.serve;

import dev.kinglet.infer.Classifier;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Settings of a {@link Server}.
 *
 * @param models a file, a folder, or classifiers that are open
 * @param host name or address to listen at
 * @param port 0 for any that is free
 * @param sessions images that are decoded and run at once, each by one thread
 * @param limits of requests
 * @param access who may ask
 * @param modelControl whether models may be listed, loaded and unloaded on request
 * @param poll how often the folder is looked at for new versions
 * @param drain how long requests may take to end once the server is asked to
 * @param accessLog whether each request is logged, as a line of JSON to the logger {@code dev.kinglet.serve.access}
 */
public record ServerOptions(
        Models models,
        String host,
        int port,
        int sessions,
        Limits limits,
        Access access,
        boolean modelControl,
        Duration poll,
        Duration drain,
        boolean accessLog) {
    private static final int PORT = 8080;

    public ServerOptions {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port is 0 to 65535, not " + port);
        }
        if (sessions < 1) {
            throw new IllegalArgumentException("sessions is at least 1, not " + sessions);
        }
        if (poll.isNegative() || poll.isZero() || drain.isNegative()) {
            throw new IllegalArgumentException(
                    "poll is longer than 0 and drain not negative: poll=" + poll + ", drain=" + drain);
        }
    }

    /** What is served. */
    public sealed interface Models {
        /**
         * Files.
         *
         * @param path an .onnx file; a folder of them; or a folder {@code <model>/<version>/model.onnx}
         * @param name of the model, where there is one and its file's name is not wanted
         * @param rawScores whether temperature and rejection of the files' cards are not applied
         */
        record Files(Path path, Optional<String> name, boolean rawScores) implements Models {
            public Files(Path path, Optional<String> name) {
                this(path, name, false);
            }
        }

        /** Classifiers by the name of their model; the server closes them. */
        record Open(Map<String, Classifier> classifiers) implements Models {
            public Open {
                classifiers = Map.copyOf(classifiers);
                for (String name : classifiers.keySet()) {
                    if (!RepositoryLayout.isName(name)) {
                        throw new IllegalArgumentException("'" + name + "' cannot be the name of a model in a path");
                    }
                }
            }
        }
    }

    /**
     * Who may ask.
     *
     * @param tokens of which a request needs one, but for health; none for everybody
     * @param openMetrics whether {@code /metrics} needs none
     * @param insecure whether to listen at other than loopback addresses without a token
     * @param tls certificate and key
     * @param origins of other sites whose pages may ask (CORS)
     */
    public record Access(
            List<String> tokens, boolean openMetrics, boolean insecure, Optional<Tls> tls, List<String> origins) {
        public Access {
            tokens = List.copyOf(tokens);
            origins = List.copyOf(origins);
        }

        /** Without the tokens. */
        @Override
        public String toString() {
            return "Access[" + tokens.size() + " tokens, openMetrics=" + openMetrics + ", insecure=" + insecure
                    + ", tls=" + tls + ", origins=" + origins + "]";
        }

        /** Everybody at a loopback address. */
        public static Access local() {
            return new Access(List.of(), false, false, Optional.empty(), List.of());
        }

        public Access withTokens(List<String> added) {
            return new Access(added, openMetrics, insecure, tls, origins);
        }
    }

    /**
     * PEM files, read again when they change.
     *
     * @param certificate and those that vouch for it, in order
     * @param key without a password
     */
    public record Tls(Path certificate, Path key) {}

    /** At port 8080 of the loopback address, a session for each processor. */
    public static ServerOptions of(Models models) {
        return new ServerOptions(
                models,
                "127.0.0.1",
                PORT,
                Runtime.getRuntime().availableProcessors(),
                Limits.defaults(),
                Access.local(),
                false,
                Duration.ofSeconds(2),
                Duration.ofSeconds(30),
                false);
    }

    /** The models of a path. */
    public static ServerOptions of(Path path) {
        return of(new Models.Files(path, Optional.empty()));
    }

    /** One classifier. */
    public static ServerOptions of(String model, Classifier classifier) {
        return of(new Models.Open(Map.of(model, classifier)));
    }

    public ServerOptions withPort(int number) {
        return new ServerOptions(models, host, number, sessions, limits, access, modelControl, poll, drain, accessLog);
    }

    public ServerOptions withLimits(Limits other) {
        return new ServerOptions(models, host, port, sessions, other, access, modelControl, poll, drain, accessLog);
    }

    public ServerOptions withAccess(Access other) {
        return new ServerOptions(models, host, port, sessions, limits, other, modelControl, poll, drain, accessLog);
    }

    public ServerOptions withModelControl() {
        return new ServerOptions(models, host, port, sessions, limits, access, true, poll, drain, accessLog);
    }

    public ServerOptions withPoll(Duration time) {
        return new ServerOptions(models, host, port, sessions, limits, access, modelControl, time, drain, accessLog);
    }
}
