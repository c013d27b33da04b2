package dev.kinglet.judges.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.judges.Drawing;
import dev.kinglet.judges.ServerProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A server that is asked to end while requests are on their way answers all that it took. */
@Tag("native")
@Tag("system")
@EnabledOnOs({OS.LINUX, OS.MAC}) // signals
class TerminationTest {
    private static final int REQUESTS = 32;

    @TempDir
    private Path folder;

    private Path model() throws Exception {
        Path model = folder.resolve("net.onnx");
        ServerProcess.kinglet("export", "--model", "resnet20_cifar", "--output", model);
        return model;
    }

    /** Ends a server while requests that it has taken run or wait. Returns how many there were. */
    private static int terminate(Path model) throws Exception {
        byte[] image = Drawing.png(2_000, 1_500); // takes some time to decode
        Connection.Request request = Connection.Request.post("/predictions/net", image, "");
        ExecutorService clients = Executors.newFixedThreadPool(REQUESTS);
        try (ServerProcess server = ServerProcess.serve(model)) {
            CountDownLatch sent = new CountDownLatch(REQUESTS);
            List<Future<Connection.Reply>> replies = new ArrayList<>();
            for (int i = 0; i < REQUESTS; i++) {
                replies.add(clients.submit(() -> {
                    try (Connection connection = new Connection(server.uri())) {
                        sent.countDown();
                        return connection.send(request);
                    }
                }));
            }
            sent.await();
            replies.get(0).get(); // so the others are there too, and most still wait
            int waiting =
                    (int) replies.stream().filter(reply -> !reply.isDone()).count();
            server.terminate();
            assertThat(server.ended(Duration.ofSeconds(10))).hasValue(0);
            for (Future<Connection.Reply> reply : replies) {
                assertThat(reply.get().status()).as(reply.get().text()).isEqualTo(200);
            }
            return waiting;
        } finally {
            clients.shutdown();
        }
    }

    @Test
    void what_was_taken_is_answered() throws Exception {
        assertThat(terminate(model())).isGreaterThan(REQUESTS / 4);
    }

    @Test
    @Tag("slow")
    void what_was_taken_is_answered_thirty_times() throws Exception {
        Path model = model();
        int waiting = 0;
        for (int i = 0; i < 30; i++) {
            waiting += terminate(model);
        }
        assertThat(waiting).isGreaterThan(30 * REQUESTS / 4);
    }
}
