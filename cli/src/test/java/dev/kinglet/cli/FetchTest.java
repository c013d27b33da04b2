package dev.kinglet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.kinglet.data.DatasetException;
import dev.kinglet.data.download.PublishedArchive;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Downloads from a server on this machine, which is not always well. */
@Timeout(60)
class FetchTest {
    private static final byte[] CONTENT = new byte[300_000];

    static {
        new Random(5).nextBytes(CONTENT);
    }

    @TempDir
    private Path folder;

    private HttpServer server;
    private final List<String> ranges = new CopyOnWriteArrayList<>(); // that were asked for
    private volatile byte[] served = CONTENT;
    private volatile boolean knowsRanges = true;
    private final List<Integer> cuts = new CopyOnWriteArrayList<>(); // bytes after which each next answer breaks off
    private volatile int status; // of every answer, if not 0

    @BeforeEach
    void serve() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/mirror/set.tar.gz", this::answer);
        server.createContext("/cifar-10-python.tar.gz", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String range = exchange.getRequestHeaders().getFirst("Range");
        ranges.add(String.valueOf(range));
        try (exchange) {
            if (status != 0) {
                exchange.sendResponseHeaders(status, -1);
                return;
            }
            int from = range != null && knowsRanges ? Integer.parseInt(range.replaceAll("\\D", "")) : 0;
            byte[] rest = Arrays.copyOfRange(served, from, served.length);
            if (range != null && knowsRanges) {
                exchange.getResponseHeaders()
                        .set("Content-Range", "bytes " + from + "-" + (served.length - 1) + "/" + served.length);
            }
            exchange.sendResponseHeaders(range != null && knowsRanges ? 206 : 200, rest.length);
            int until = cuts.isEmpty() ? rest.length : Math.min(rest.length, cuts.remove(0));
            OutputStream out = exchange.getResponseBody();
            out.write(rest, 0, until);
            out.flush();
        }
    }

    private PublishedArchive archive() throws Exception {
        return new PublishedArchive(
                "set",
                URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/mirror/set.tar.gz"),
                CONTENT.length,
                "SHA-256",
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(CONTENT)));
    }

    private List<String> files() throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void a_file_is_fetched_once() throws Exception {
        List<Long> progress = new ArrayList<>();

        Path file = archive().fetch(folder, progress::add);

        assertThat(file).isEqualTo(folder.resolve("set.tar.gz")).hasBinaryContent(CONTENT);
        assertThat(files()).containsExactly("set.tar.gz");
        assertThat(progress).isSorted().endsWith((long) CONTENT.length);
        assertThat(archive().fetch(folder, bytes -> {})).isEqualTo(file);
        assertThat(ranges).containsExactly("null");
    }

    @Test
    void a_connection_that_breaks_is_taken_up_again_where_it_broke() throws Exception {
        cuts.addAll(List.of(100_000, 50_000));

        Path file = archive().fetch(folder, bytes -> {});

        assertThat(file).hasBinaryContent(CONTENT);
        assertThat(ranges).hasSize(3);
        assertThat(ranges.get(0)).isEqualTo("null");
        assertThat(ranges.subList(1, 3)).allMatch(range -> range.matches("bytes=\\d+-"));
        assertThat(files()).containsExactly("set.tar.gz");
    }

    @Test
    void a_connection_that_always_breaks_is_described_in_plain_words() {
        cuts.addAll(List.of(100_000, 0, 0, 0, 0));

        assertThatThrownBy(() -> archive().fetch(folder, bytes -> {}))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("the server ended the connection")
                .hasMessageNotContaining("Exception");
    }

    @Test
    void a_server_whose_name_nobody_knows_is_said_to_be_none() throws Exception {
        PublishedArchive lost = archive().at(URI.create("http://no-such-server.invalid/"));

        assertThatThrownBy(() -> lost.fetch(folder, bytes -> {}))
                .hasMessage("http://no-such-server.invalid/set.tar.gz could not be fetched: there is no such server,"
                        + " or no network");
    }

    @Test
    void a_download_that_was_given_up_goes_on_when_it_is_asked_for_again() throws Exception {
        assertThatThrownBy(() -> archive().fetch(folder, bytes -> {
                    if (bytes >= 120_000) {
                        throw new IllegalStateException("killed");
                    }
                }))
                .hasMessage("killed");
        long kept = Files.size(folder.resolve("set.tar.gz.part"));
        assertThat(kept).isBetween(120_000L, 299_999L);
        assertThat(folder.resolve("set.tar.gz")).doesNotExist();

        status = 503;
        assertThatThrownBy(() -> archive().fetch(folder, bytes -> {}))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("the server answered 503");
        assertThat(folder.resolve("set.tar.gz.part")).hasSize(kept);
        status = 0;
        Path file = archive().fetch(folder, bytes -> {});

        assertThat(file).hasBinaryContent(CONTENT);
        assertThat(ranges).containsExactly("null", "bytes=" + kept + "-", "bytes=" + kept + "-");
        assertThat(files()).containsExactly("set.tar.gz");
    }

    @Test
    void a_server_that_does_not_know_ranges_begins_anew() throws Exception {
        Files.write(folder.resolve("set.tar.gz.part"), new byte[1000]);
        knowsRanges = false;

        assertThat(archive().fetch(folder, bytes -> {})).hasBinaryContent(CONTENT);
    }

    @Test
    void what_does_not_have_the_checksum_is_refused_and_nothing_is_left() throws Exception {
        served = CONTENT.clone();
        served[200_000] ^= 1;

        assertThatThrownBy(() -> archive().fetch(folder, bytes -> {}))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("is not the published file: its SHA-256 is ")
                .hasMessageEndingWith("nothing of it was kept");
        assertThat(files()).isEmpty();
    }

    @Test
    void a_part_of_another_file_is_found_out_in_the_end() throws Exception {
        Files.write(folder.resolve("set.tar.gz.part"), new byte[1000]);

        assertThatThrownBy(() -> archive().fetch(folder, bytes -> {}))
                .hasMessageContaining("is not the published file");
        assertThat(files()).isEmpty();
    }

    @Test
    void a_file_of_another_size_is_refused_at_once() throws Exception {
        served = new byte[CONTENT.length + 1];

        assertThatThrownBy(() -> archive().fetch(folder, bytes -> {}))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("has 300001 bytes, and the published one 300000");
        assertThat(files()).isEmpty();
    }

    @Test
    void a_file_that_is_there_and_not_the_published_one_is_left_alone() throws Exception {
        Files.writeString(folder.resolve("set.tar.gz"), "mine");

        assertThatThrownBy(() -> archive().fetch(folder, bytes -> {}))
                .hasMessageContaining("is there, but is not the published file");
        assertThat(folder.resolve("set.tar.gz")).hasContent("mine");
        assertThat(ranges).isEmpty();
    }

    @Test
    void a_server_that_is_not_there_is_named() throws Exception {
        PublishedArchive archive = archive();
        server.stop(0);

        assertThatThrownBy(() -> archive.fetch(folder, bytes -> {}))
                .isInstanceOf(DatasetException.class)
                .hasMessage(archive.address()
                        + " could not be fetched: the server cannot be reached, or refuses connections");
        assertThat(files()).isEmpty();
    }

    @Test
    void the_command_takes_a_mirror_and_refuses_what_is_not_cifar() throws IOException {
        String mirror = "http://127.0.0.1:" + server.getAddress().getPort();

        Run run = Run.kinglet("data", "fetch", "cifar10", "--mirror", mirror, "--output", folder);

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.lastLine())
                .isEqualTo("kinglet: the file at " + mirror + "/cifar-10-python.tar.gz has 300000 bytes, and the"
                        + " published one 170498071; nothing of it was kept");
        assertThat(run.out()).isEmpty();
        assertThat(files()).isEmpty();
    }
}
