package dev.kinglet.serve;

import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.ClassifierOptions;
import dev.kinglet.infer.LabeledScore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * A process that may have no more memory than it has, so that a model with a large activation fails in ONNX Runtime, again
 * and again, and that then may have more. Prints how often the model failed, that the other model was right all the time, and
 * how many of some requests at once the failed model answers in the end.
 */
final class FailingModelDrill {
    private static final int SESSIONS =
            2; // one that was lost with a failure would have the third request wait for ever
    private static final long SPARE = 200L << 20; // bytes that are left: too few for the activation's 256 MiB

    private FailingModelDrill() {}

    /** @param words how often to fail, the large model, and a small one */
    public static void main(String[] words) throws Exception {
        int failures = Integer.parseInt(words[0]);
        Path small = Path.of(words[2]);
        ServerOptions.Models models =
                new ServerOptions.Models.Open(Map.of("large", open(Path.of(words[1])), "small", open(small)));
        byte[] image = Samples.image(1);
        try (Classifier alone = open(small);
                Server server = Server.of(ServerOptions.of(models).withPort(0)).start()) {
            Http http = new Http(server.uri());
            double best = score(alone.classify(image));
            http.post("/predictions/small", image); // so that its sessions are there
            limitMemory(Long.toString(virtualBytes() + SPARE));
            int failed = 0;
            boolean right = true;
            for (int i = 0; i < failures; i++) {
                Http.Reply reply = http.post("/predictions/large", image);
                failed += reply.status() == 500 && reply.error().contains("the model failed") ? 1 : 0;
                if (i % 20 == 0) {
                    Http.Reply good = http.post("/predictions/small", image);
                    right &= good.status() == 200
                            && good.json().get(0).get("scores").get(0).doubleValue() == best;
                }
            }
            limitMemory("unlimited");
            System.out.println("failed=" + failed + " right=" + right + " answered=" + answered(http, image));
        }
    }

    private static double score(List<LabeledScore> scores) {
        return scores.get(0).score();
    }

    private static Classifier open(Path file) throws IOException {
        return Classifier.open(file, ClassifierOptions.defaults().withSessions(SESSIONS));
    }

    /** How many of twice as many requests as there are sessions get an answer. */
    private static int answered(Http http, byte[] image) throws Exception {
        ExecutorService clients = Executors.newFixedThreadPool(2 * SESSIONS);
        List<Future<Http.Reply>> replies = new ArrayList<>();
        for (int i = 0; i < 2 * SESSIONS; i++) {
            replies.add(clients.submit(() -> http.post("/predictions/large", image)));
        }
        int answered = 0;
        for (Future<Http.Reply> reply : replies) {
            answered += reply.get().status() == 200 ? 1 : 0;
        }
        clients.shutdown();
        return answered;
    }

    private static long virtualBytes() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmSize:")) {
                return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        throw new IOException("/proc/self/status says nothing of VmSize");
    }

    /** @param bytes of address space, or {@code unlimited} */
    private static void limitMemory(String bytes) throws IOException, InterruptedException {
        long self = ProcessHandle.current().pid();
        Process limit = new ProcessBuilder("prlimit", "--pid", Long.toString(self), "--as=" + bytes + ":")
                .inheritIO()
                .start();
        if (limit.waitFor() != 0) {
            throw new IOException("prlimit could not limit the memory");
        }
    }
}
