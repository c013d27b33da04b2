package dev.kinglet.serve;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A process that changes the version of a model again and again while clients ask, every tenth version a bad one, and prints
 * how many requests were answered, how many failed, and by how many MiB its memory grew from the tenth change to the last.
 * With {@code leak}, each version that was replaced keeps a user, as a mistake in the server's count would have it.
 */
final class SwapDrill {
    private static final String MODEL = "birds";
    private static final int CLIENTS = 3;
    private static final int SETTLED = 10; // changes until memory is measured the first time
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Path root;
    private final List<Path> made; // models that take turns
    private final AtomicBoolean enough = new AtomicBoolean();
    private final AtomicInteger answered = new AtomicInteger();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();

    private SwapDrill(Path root, List<Path> made) {
        this.root = root;
        this.made = made;
    }

    /** @param words number of changes, a folder with models to take turns and for the repository, and perhaps {@code leak} */
    public static void main(String[] words) throws Exception {
        int changes = Integer.parseInt(words[0]);
        Path folder = Path.of(words[1]);
        boolean leak = words.length > 2 && words[2].equals("leak");
        List<Path> made = List.of(folder.resolve("a.onnx"), folder.resolve("b.onnx"));
        new SwapDrill(Files.createDirectories(folder.resolve("repository")), made).run(changes, leak);
    }

    private void run(int changes, boolean leak) throws Exception {
        put(1, false);
        Server server = Server.of(ServerOptions.of(root).withPort(0).withPoll(Duration.ofMillis(20)))
                .start();
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            Thread client = new Thread(() -> ask(server.uri()), "client-" + i);
            client.start();
            clients.add(client);
        }
        double settled = 0;
        for (int change = 1; change <= changes && failures.isEmpty(); change++) {
            int version = change + 1;
            boolean bad = change % 10 == 0;
            if (leak) {
                server.repository().acquire(MODEL, "");
            }
            put(version, bad);
            await(server, version, bad);
            if (change % 20 == 0) {
                System.err.println(
                        "after " + change + " changes: " + Math.round(ResidentMemory.bytes() / (1 << 20)) + " MiB");
            }
            if (change == SETTLED) {
                settled = ResidentMemory.bytes();
            }
        }
        Thread.sleep(500); // the last requests of the last version
        double grown = (ResidentMemory.bytes() - settled) / (1 << 20);
        enough.set(true);
        for (Thread client : clients) {
            client.join();
        }
        server.close();
        System.out.println("answered=" + answered + " grown=" + Math.round(grown) + " failures=" + failures);
    }

    private void put(int version, boolean bad) throws IOException {
        Path next = root.resolveSibling("next.onnx");
        if (bad) {
            Files.writeString(next, "not a model");
        } else {
            Files.copy(made.get(version % made.size()), next, StandardCopyOption.REPLACE_EXISTING);
        }
        Path target = root.resolve(MODEL + "/" + version + "/model.onnx");
        Files.createDirectories(target.getParent());
        Files.move(next, target, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void await(Server server, int version, boolean bad) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        String wanted = Integer.toString(version);
        while (true) {
            ModelRepository.Status status = server.repository().status().get(0);
            if (bad
                    ? status.reason().contains("version " + wanted)
                    : status.version().equals(wanted)) {
                return;
            }
            if (System.nanoTime() > end) {
                throw new IllegalStateException("version " + wanted + " was not noticed: " + status);
            }
            Thread.sleep(5);
        }
    }

    private void ask(URI server) {
        HttpClient client = HttpClient.newHttpClient();
        HttpRequest request = HttpRequest.newBuilder(server.resolve("/predictions/" + MODEL))
                .timeout(PATIENCE)
                .POST(BodyPublishers.ofByteArray(Samples.image(1)))
                .build();
        while (!enough.get()) {
            try {
                HttpResponse<String> reply = client.send(request, BodyHandlers.ofString());
                if (reply.statusCode() != 200) {
                    failures.add(reply.statusCode() + " " + reply.body());
                    return;
                }
                answered.incrementAndGet();
            } catch (IOException | InterruptedException e) {
                failures.add(e.toString());
                return;
            }
        }
    }
}
