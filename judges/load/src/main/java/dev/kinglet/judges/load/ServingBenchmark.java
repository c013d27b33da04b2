package dev.kinglet.judges.load;

import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.ClassifierOptions;
import dev.kinglet.judges.ServerProcess;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The built server beside the bare classifier, in the same run:
 *
 * <pre>ServingBenchmark (throughput|overhead|overload|slow|mixed) MODEL.onnx IMAGES [SECONDS]</pre>
 *
 * <ul>
 *   <li>{@code throughput}: images a second of as many threads as processors, and of four times as many clients, so that
 *       requests always wait; five rounds;
 *   <li>{@code overhead}: milliseconds of one image, bare and served: now and then, in turns, and without pause, in rounds;
 *       each as a file and as a tensor;
 *   <li>{@code overload}: five times what the server can do, for SECONDS: rejections, answers, memory;
 *   <li>{@code slow}: a healthy client beside a thousand connections that send a byte each second, and without them;
 *   <li>{@code mixed}: good and bad requests of all kinds for SECONDS, and the memory of the server meanwhile.
 * </ul>
 */
public final class ServingBenchmark {
    private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();
    private static final int CLIENTS =
            4 * PROCESSORS; // with half as many, a worker waits for the next request now and then
    private static final int ROUNDS = 5;
    private static final double WARM_UP =
            120; // seconds; of 20,000 requests: after 15,000 the JVM compiles the last methods
    private static final int IMAGES = 3; // of the eight requests of a mixed load
    private static final int MEBI = 1 << 20;

    private final Path model;
    private final String name;
    private final List<byte[]> files;
    private final List<Connection.Request> images; // of the files
    private final double seconds;

    private ServingBenchmark(Path model, Path images, double seconds) throws IOException {
        this.model = model;
        this.seconds = seconds;
        String file = model.getFileName().toString();
        name = file.substring(0, file.lastIndexOf('.'));
        files = new ArrayList<>();
        try (Stream<Path> found = Files.walk(images)) {
            for (Path image :
                    found.filter(Files::isRegularFile).sorted().limit(200).toList()) {
                files.add(Files.readAllBytes(image));
            }
        }
        this.images = files.stream().map(this::predict).toList();
    }

    /** @param words as described above */
    public static void main(String[] words) throws Exception {
        double seconds = words.length > 3 ? Double.parseDouble(words[3]) : 10;
        ServingBenchmark benchmark = new ServingBenchmark(Path.of(words[1]), Path.of(words[2]), seconds);
        switch (words[0]) {
            case "throughput" -> benchmark.throughput();
            case "overhead" -> benchmark.overhead();
            case "overload" -> benchmark.overload();
            case "slow" -> benchmark.slow();
            case "mixed" -> benchmark.mixed();
            default -> throw new IllegalArgumentException("no measurement '" + words[0] + "'");
        }
    }

    private static void print(String format, Object... values) {
        System.out.printf(Locale.ROOT, format + "%n", values);
    }

    private Classifier classifier() throws IOException {
        return Classifier.open(
                model, ClassifierOptions.defaults().withSessions(PROCESSORS).withWarmUp());
    }

    private byte[] file(long number) {
        return files.get((int) (number % files.size()));
    }

    private Connection.Request predict(byte[] body) {
        return Connection.Request.post("/predictions/" + name, body, "");
    }

    private Connection.Request image(long number) {
        return images.get((int) (number % images.size()));
    }

    private Clients.Question image() {
        return (connection, number) -> connection.send(image(number));
    }

    private double bareImagesPerSecond(Classifier classifier, double seconds) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(PROCESSORS);
        try {
            long start = System.nanoTime();
            long end = start + (long) (1e9 * seconds);
            List<Future<Integer>> counts = new ArrayList<>();
            for (int i = 0; i < PROCESSORS; i++) {
                int first = i;
                counts.add(threads.submit(() -> {
                    int count = 0;
                    while (System.nanoTime() < end) {
                        classifier.classify(file(first + (long) PROCESSORS * count));
                        count++;
                    }
                    return count;
                }));
            }
            int images = 0;
            for (Future<Integer> count : counts) {
                images += count.get();
            }
            return images / ((System.nanoTime() - start) / 1e9);
        } finally {
            threads.shutdown();
        }
    }

    private double servedImagesPerSecond(Clients clients, double seconds) throws InterruptedException {
        List<Clients.Answer> answers = clients.closedLoop(CLIENTS, seconds, image());
        return Clients.perSecond(answers, 200, seconds);
    }

    private void warmUp(Classifier classifier, Clients clients) throws Exception {
        bareImagesPerSecond(classifier, WARM_UP / 4);
        servedImagesPerSecond(clients, WARM_UP);
    }

    private void throughput() throws Exception {
        try (Classifier classifier = classifier();
                ServerProcess server = ServerProcess.serve(model)) {
            Clients clients = new Clients(server.uri());
            double[] ratios = new double[ROUNDS];
            warmUp(classifier, clients);
            for (int round = 0; round < ROUNDS; round++) {
                double bare = bareImagesPerSecond(classifier, seconds);
                double served = servedImagesPerSecond(clients, seconds);
                ratios[round] = served / bare;
                print("bare %.1f served %.1f images/s, ratio %.3f", bare, served, served / bare);
            }
            Samples all = new Samples(ratios);
            print("throughput: median ratio %.3f (%.3f to %.3f)", all.median(), all.least(), all.most());
        }
    }

    private byte[] tensor(Classifier classifier) {
        int pixels = classifier.preprocessing().inputSize();
        ByteBuffer data = ByteBuffer.allocate(4 * 3 * pixels * pixels).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 3 * pixels * pixels; i++) {
            data.putFloat((float) Math.sin(i));
        }
        return data.array();
    }

    /** A request with a tensor in binary form. */
    private Connection.Request infer(byte[] tensor, int pixels) {
        byte[] json = ("{\"inputs\":[{\"name\":\"input0\",\"datatype\":\"FP32\",\"shape\":[1,3," + pixels + "," + pixels
                        + "],\"parameters\":{\"binary_data_size\":" + tensor.length
                        + "}}],\"parameters\":{\"binary_data_output\":true}}")
                .getBytes(StandardCharsets.US_ASCII);
        byte[] whole = Arrays.copyOf(json, json.length + tensor.length);
        System.arraycopy(tensor, 0, whole, json.length, tensor.length);
        return Connection.Request.post(
                "/v2/models/" + name + "/infer", whole, "Inference-Header-Content-Length: " + json.length + "\r\n");
    }

    private interface Call {
        void run(long number) throws Exception;
    }

    private static double millis(Call call, long number) throws Exception {
        long start = System.nanoTime();
        call.run(number);
        return (System.nanoTime() - start) / 1e6;
    }

    /** How many calls a measurement has: some 50 ms are for two of them and their pauses. */
    private int calls() {
        return (int) (seconds * 1e3 / 50);
    }

    private void compare(String what, Call bare, Call served) throws Exception {
        int calls = calls();
        double[] alone = new double[calls];
        double[] asked = new double[calls];
        for (int i = -100; i < calls; i++) {
            Thread.sleep(20);
            double one = millis(bare, 1000 + i);
            Thread.sleep(20);
            double other = millis(served, 1000 + i);
            if (i >= 0) {
                alone[i] = one;
                asked[i] = other;
            }
        }
        Samples a = new Samples(alone);
        Samples b = new Samples(asked);
        print(
                "overhead, %s: p50 bare %.2f served %.2f ms, %.2f more; p90 %.2f and %.2f, p99 %.2f and %.2f; %d of each",
                what,
                a.median(),
                b.median(),
                b.median() - a.median(),
                a.quantile(0.9),
                b.quantile(0.9),
                a.quantile(0.99),
                b.quantile(0.99),
                calls);
    }

    /** One client that asks again as soon as it is answered, in rounds with the bare classifier. */
    private void compareWithoutPause(String what, Call bare, Call served) throws Exception {
        double[] more = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            boolean bareFirst = round % 2 == 0;
            double first = median(bareFirst ? bare : served);
            double second = median(bareFirst ? served : bare);
            double alone = bareFirst ? first : second;
            double asked = bareFirst ? second : first;
            more[round] = asked - alone;
            print("one client without pause, %s: p50 bare %.2f served %.2f ms", what, alone, asked);
        }
        Samples all = new Samples(more);
        print(
                "overhead, one client without pause, %s: p50 %.2f ms more, median of %d rounds (%.2f to %.2f), %d calls each",
                what, all.median(), ROUNDS, all.least(), all.most(), calls());
    }

    /** The median of calls without pause, in milliseconds; the first ones do not count. */
    private double median(Call call) throws Exception {
        double[] times = new double[calls()];
        for (int i = -20; i < times.length; i++) {
            double time = millis(call, 1000 + i);
            if (i >= 0) {
                times[i] = time;
            }
        }
        return new Samples(times).median();
    }

    private static void require(Connection.Reply reply) {
        if (reply.status() != 200) {
            throw new IllegalStateException(reply.status() + " " + reply.text());
        }
    }

    private void overhead() throws Exception {
        try (Classifier classifier = classifier();
                ServerProcess server = ServerProcess.serve(model)) {
            byte[] tensor = tensor(classifier);
            Connection.Request request =
                    infer(tensor, classifier.preprocessing().inputSize());
            bareImagesPerSecond(classifier, WARM_UP / 4);
            // by what is measured: the JVM compiles again what meets another kind or larger batches
            new Clients(server.uri())
                    .closedLoop(
                            1,
                            2 * WARM_UP,
                            (connection, number) -> connection.send(number % 2 == 0 ? image(number / 2) : request));
            overhead(classifier, server, tensor, request);
        }
    }

    private void overhead(Classifier classifier, ServerProcess server, byte[] tensor, Connection.Request request)
            throws Exception {
        try (Connection connection = new Connection(server.uri())) {
            Call bareFile = number -> classifier.classify(file(number));
            Call servedFile = number -> require(connection.send(image(number)));
            Call bareTensor =
                    number -> classifier.logits(ByteBuffer.wrap(tensor).order(ByteOrder.LITTLE_ENDIAN), 1);
            Call servedTensor = number -> require(connection.send(request));
            compare("an image's file", bareFile, servedFile);
            compareWithoutPause("an image's file", bareFile, servedFile);
            compare("a binary tensor", bareTensor, servedTensor);
            compareWithoutPause("a binary tensor", bareTensor, servedTensor);
        }
    }

    private void overload() throws Exception {
        try (ServerProcess server = ServerProcess.serve(model)) {
            Clients clients = new Clients(server.uri());
            clients.closedLoop(CLIENTS, 10, image());
            double peak = Clients.perSecond(clients.closedLoop(CLIENTS, 20, image()), 200, 20);
            clients.openLoop(1_500, 10, 5 * peak, image());
            List<Long> memory = new CopyOnWriteArrayList<>();
            ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor();
            watch.scheduleAtFixedRate(
                    () -> memory.add(mebibytes(server)), 0, (long) (1e3 * seconds / 6), TimeUnit.MILLISECONDS);
            List<Clients.Answer> answers = clients.openLoop(1_500, seconds, 5 * peak, image());
            watch.shutdown();
            Samples refused = Clients.millis(answers, 429);
            Samples answered = Clients.millis(answers, 200);
            double goodput = Clients.perSecond(answers, 200, seconds);
            print(
                    "overload: peak %.1f images/s, offered %.1f; answered %.1f (%.3f of the peak), p50 %.0f ms",
                    peak, answers.size() / seconds, goodput, goodput / peak, answered.median());
            print(
                    "overload: rejected %.1f a second, p50 %.2f p90 %.2f p99 %.2f ms; statuses %s",
                    Clients.perSecond(answers, 429, seconds),
                    refused.median(),
                    refused.quantile(0.9),
                    refused.quantile(0.99),
                    counts(answers));
            print("overload: memory at each sixth of the time %s MiB", memory);
        }
    }

    private static long mebibytes(ServerProcess server) {
        try {
            return server.residentBytes() / MEBI;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<Integer, Long> counts(List<Clients.Answer> answers) {
        return answers.stream()
                .collect(Collectors.groupingBy(Clients.Answer::status, TreeMap::new, Collectors.counting()));
    }

    /** Connections that send a byte each second; those that the server ends are opened again. */
    private static final class Trickle implements AutoCloseable {
        private final AtomicBoolean enough = new AtomicBoolean();
        private final Thread thread;

        Trickle(URI server, int connections) {
            thread = new Thread(() -> run(server, connections), "trickle");
            thread.start();
        }

        private static Socket open(URI server) throws IOException {
            Socket socket = new Socket();
            socket.connect(new InetSocketAddress(server.getHost(), server.getPort()), 10_000);
            return socket;
        }

        private void run(URI server, int connections) {
            byte[] start = "POST /predictions/x HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII);
            List<Socket> sockets = new ArrayList<>();
            try {
                while (!enough.get()) {
                    long due = System.nanoTime() + 1_000_000_000L;
                    for (int i = 0; i < connections; i++) {
                        if (i == sockets.size()) {
                            sockets.add(open(server));
                            sockets.get(i).getOutputStream().write(start, 0, i % 2 == 0 ? start.length : 20);
                        }
                        try {
                            OutputStream out = sockets.get(i).getOutputStream();
                            out.write('x');
                        } catch (IOException e) {
                            sockets.get(i).close();
                            sockets.set(i, open(server));
                        }
                    }
                    Thread.sleep(Math.max(0, (due - System.nanoTime()) / 1_000_000));
                }
                for (Socket socket : sockets) {
                    socket.close();
                }
            } catch (IOException | InterruptedException e) {
                System.err.println("the slow connections ended: " + e);
            }
        }

        @Override
        public void close() throws InterruptedException {
            enough.set(true);
            thread.join();
        }
    }

    private Samples healthy(Clients clients) throws InterruptedException {
        return Clients.millis(clients.closedLoop(1, seconds, image()), 200);
    }

    private void slow() throws Exception {
        try (ServerProcess server = ServerProcess.serve(model)) {
            Clients clients = new Clients(server.uri());
            healthy(clients);
            double[] ratios = new double[ROUNDS];
            for (int round = 0; round < ROUNDS; round++) {
                Samples alone = healthy(clients);
                Samples beside;
                try (Trickle trickle = new Trickle(server.uri(), 1_000)) {
                    Thread.sleep(2_000);
                    beside = healthy(clients);
                }
                ratios[round] = beside.quantile(0.99) / alone.quantile(0.99);
                print(
                        "slow: p50 %.2f p99 %.2f ms alone, p50 %.2f p99 %.2f ms beside 1000 slow connections, p99 ratio %.2f",
                        alone.median(), alone.quantile(0.99), beside.median(), beside.quantile(0.99), ratios[round]);
                Thread.sleep(1_000);
            }
            Samples all = new Samples(ratios);
            print("slow: median p99 ratio %.2f (%.2f to %.2f)", all.median(), all.least(), all.most());
        }
    }

    /** What a mixed load asks in turn, but for the images. */
    private List<Connection.Request> others() throws IOException {
        Connection.Request tensor;
        try (Classifier classifier = classifier()) {
            tensor = infer(tensor(classifier), classifier.preprocessing().inputSize());
        }
        return List.of(
                tensor,
                tensor,
                predict("no image".getBytes(StandardCharsets.US_ASCII)),
                Connection.Request.post("/v2/models/" + name + "/infer", new byte[] {'{'}, ""),
                Connection.Request.post("/v2/models/nobody/infer", new byte[0], ""));
    }

    private void mixed() throws Exception {
        List<Connection.Request> others = others();
        try (ServerProcess server = ServerProcess.serve(model)) {
            Clients clients = new Clients(server.uri());
            List<double[]> points = new ArrayList<>(); // requests, bytes
            double requests = 0;
            double part = seconds / 60;
            for (int i = 0; i < 60; i++) {
                List<Clients.Answer> answers = clients.closedLoop(4, part, (connection, number) -> {
                    int turn = (int) (number % (IMAGES + others.size()));
                    return connection.send(turn < IMAGES ? image(number) : others.get(turn - IMAGES));
                });
                requests += answers.size();
                long resident = server.residentBytes();
                points.add(new double[] {requests, resident});
                if (i % 6 == 5) {
                    print("mixed: %.0f requests, %d MiB, statuses %s", requests, resident / MEBI, counts(answers));
                }
            }
            List<double[]> later = points.subList(20, points.size()); // after a third, everything has been seen
            print("mixed: %.2f MiB for each 100000 requests", 1e5 * slope(later) / MEBI);
        }
    }

    /** Of the line of least squares. */
    private static double slope(List<double[]> points) {
        double x = points.stream().mapToDouble(point -> point[0]).average().orElse(0);
        double y = points.stream().mapToDouble(point -> point[1]).average().orElse(0);
        double above = 0;
        double below = 0;
        for (double[] point : points) {
            above += (point[0] - x) * (point[1] - y);
            below += (point[0] - x) * (point[0] - x);
        }
        return above / below;
    }
}
