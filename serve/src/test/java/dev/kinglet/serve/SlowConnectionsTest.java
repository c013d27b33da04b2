package dev.kinglet.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Connections that send a byte now and then are cut, and others do not notice them. */
@Tag("native")
class SlowConnectionsTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(4);

    @TempDir
    private Path folder;

    /** How a connection begins, and what it sends now and then; empty if nothing. */
    private enum Trickle {
        NOTHING("", ""),
        HEADER_WITHOUT_END("POST /predictions/shapes HTTP/1.1\r\nHost: a\r\nX: ", "x"),
        BODY_WITHOUT_END("POST /predictions/shapes HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n", "x"),
        SILENT_HTTP_2("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "");

        private final String start;
        private final String more;

        Trickle(String start, String more) {
            this.start = start;
            this.more = more;
        }
    }

    private Server start() throws IOException {
        return Server.of(ServerOptions.of(Samples.MODEL, Samples.classifier(folder, 1))
                        .withPort(0)
                        .withLimits(Limits.defaults().withTimeout(TIMEOUT)))
                .start();
    }

    private static Socket connect(Server server) throws IOException {
        Socket socket = new Socket();
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()), 5_000);
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().flush();
    }

    /** Whether the server has ended the connection. */
    private static boolean isCut(Socket socket) throws IOException {
        socket.setSoTimeout(10);
        try {
            InputStream in = socket.getInputStream();
            while (in.read() >= 0) {} // what it says before
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (SocketException e) {
            return true;
        }
    }

    /** All at once, because each takes the whole time limit. */
    @Test
    void connections_that_trickle_are_cut() throws Exception {
        Map<Trickle, Socket> sockets = new EnumMap<>(Trickle.class);
        try (Server server = start()) {
            for (Trickle trickle : Trickle.values()) {
                Socket socket = connect(server);
                sockets.put(trickle, socket);
                send(socket, trickle.start);
            }
            Set<Trickle> open = EnumSet.allOf(Trickle.class);
            long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
            while (!open.isEmpty()) {
                assertThat(System.nanoTime()).as("still open: %s", open).isLessThan(end);
                Thread.sleep(200);
                for (Map.Entry<Trickle, Socket> entry : sockets.entrySet()) {
                    Trickle trickle = entry.getKey();
                    if (open.contains(trickle) && isEnded(entry.getValue(), trickle.more)) {
                        open.remove(trickle);
                    }
                }
            }
        } finally {
            for (Socket socket : sockets.values()) {
                socket.close();
            }
        }
    }

    /** Whether the server has ended the connection, before or while so much more is sent. */
    private static boolean isEnded(Socket socket, String more) throws IOException {
        if (isCut(socket)) {
            return true;
        }
        try {
            send(socket, more);
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    @Test
    void others_are_answered_meanwhile() throws Exception {
        byte[] image = Samples.image(1);
        List<Socket> slow = new ArrayList<>();
        try (Server server = start()) {
            Http http = new Http(server.uri());
            for (int i = 0; i < 1_000; i++) {
                Socket socket = connect(server);
                slow.add(socket);
                send(
                        socket,
                        i % 2 == 0
                                ? "POST /predictions/shapes HTTP/1.1\r\nHo"
                                : "POST /predictions/shapes HTTP/1.1\r\n"
                                        + "Host: a\r\nContent-Length: 100000\r\n\r\nabc");
                if (i % 10 == 0) {
                    Http.Reply good = http.post("/predictions/shapes", image);
                    assertThat(good.status()).as(good.text()).isEqualTo(200);
                }
            }
            long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            for (Socket socket : slow) {
                while (!isCut(socket)) {
                    assertThat(System.nanoTime()).as("still open").isLessThan(end);
                }
            }
            assertThat(http.post("/predictions/shapes", image).status()).isEqualTo(200);
        } finally {
            for (Socket socket : slow) {
                socket.close();
            }
        }
    }
}
