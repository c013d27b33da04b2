package dev.kinglet.data.download;

import dev.kinglet.base.IoReason;
import dev.kinglet.data.DatasetException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.function.LongConsumer;
import javax.net.ssl.SSLException;

/**
 * Fetches a published file. What has come lies in {@code NAME.part} until it is all there and has the published checksum;
 * a download that was interrupted goes on from it, now or when it is asked for again.
 */
final class Download {
    private static final int TRIES = 5;
    private static final int OK = 200;
    private static final int PARTIAL = 206;
    private static final int NOT_SATISFIABLE = 416;
    private static final Duration PATIENCE = Duration.ofSeconds(60); // with a server that does not answer

    private static final String ENDED = "the server ended the connection";

    private final PublishedArchive archive;
    private final Path file;
    private final Path part;
    private final LongConsumer progress;
    private final HttpClient client = HttpClient.newBuilder()
            .connectTimeout(PATIENCE)
            .followRedirects(HttpClient.Redirect.NORMAL)
            .build();

    Download(PublishedArchive archive, Path folder, LongConsumer progress) {
        this.archive = archive;
        this.file = folder.resolve(archive.fileName());
        this.part = folder.resolve(archive.fileName() + ".part");
        this.progress = progress;
    }

    /** The whole file; see {@link PublishedArchive#fetch}. */
    Path fetch() throws IOException, InterruptedException {
        Files.createDirectories(part.toAbsolutePath().getParent());
        if (Files.exists(file)) {
            String found = checksum(file);
            if (!found.equals(archive.checksum())) {
                throw new DatasetException(file + " is there, but is not the published file: its " + archive.algorithm()
                        + " is " + found + ", and " + archive.checksum() + " is expected; remove it to fetch it again");
            }
            return file;
        }
        for (int failed = 0; ; ) {
            long before = partBytes();
            if (before == archive.bytes()) {
                break;
            }
            try {
                request(before);
            } catch (DatasetException e) {
                throw e;
            } catch (IOException e) {
                failed++;
                long now = partBytes();
                if (failed == TRIES || now <= before) {
                    throw new DatasetException(
                            archive.address()
                                    + (now > 0
                                            ? " broke off at byte " + now + " of " + archive.bytes() + ": " + reason(e)
                                                    + "; what has come is kept, fetch it again to go on"
                                            : " could not be fetched: " + reason(e)),
                            e);
                }
            }
        }
        String found = checksum(part);
        if (!found.equals(archive.checksum())) {
            Files.delete(part);
            throw new DatasetException("what " + archive.address() + " sent is not the published file: its "
                    + archive.algorithm() + " is " + found + ", and " + archive.checksum()
                    + " is expected; nothing of it was kept");
        }
        return Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    }

    /** What went wrong with a connection, of which the JDK often says no more than the name of an exception. */
    private static String reason(IOException e) {
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

    /** Number of bytes from before; if there are more than the file has, they are of another file, and are removed. */
    private long partBytes() throws IOException {
        long bytes = Files.exists(part) ? Files.size(part) : 0;
        if (bytes > archive.bytes()) {
            Files.delete(part);
            return 0;
        }
        return bytes;
    }

    /** Appends one answer of the server, which may end early. */
    private void request(long from) throws IOException, InterruptedException {
        URI address = archive.address();
        HttpRequest.Builder request = HttpRequest.newBuilder(address).timeout(PATIENCE);
        if (from > 0) {
            request.header("Range", "bytes=" + from + "-");
        }
        HttpResponse<InputStream> response = client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream body = response.body()) {
            boolean goesOn =
                    response.statusCode() == PARTIAL && rangeStart(response).equals(Optional.of(Long.toString(from)));
            if (response.statusCode() == NOT_SATISFIABLE && from > 0) {
                Files.delete(part);
                throw new DatasetException(address + " has fewer than the " + from
                        + " bytes that were kept of it; they are removed, fetch it again");
            }
            if (!goesOn && response.statusCode() != OK) {
                throw new DatasetException("the server answered " + response.statusCode() + " for " + address
                        + (response.statusCode() == PARTIAL ? ", with another part than was asked for" : ""));
            }
            long start = goesOn ? from : 0;
            long announced =
                    response.headers().firstValueAsLong("Content-Length").orElse(archive.bytes() - start);
            if (announced != archive.bytes() - start) {
                throw refused(start + announced);
            }
            try (OutputStream out =
                    goesOn ? Files.newOutputStream(part, StandardOpenOption.APPEND) : Files.newOutputStream(part)) {
                copy(body, out, start);
            }
        }
    }

    private static Optional<String> rangeStart(HttpResponse<?> response) {
        return response.headers()
                .firstValue("Content-Range")
                .map(range -> range.replaceFirst("^bytes (\\d+)-.*$", "$1"));
    }

    private void copy(InputStream body, OutputStream out, long start) throws IOException {
        long bytes = start;
        byte[] buffer = new byte[1 << 16];
        for (int count = read(body, buffer); count >= 0; count = read(body, buffer)) {
            bytes += count;
            if (bytes > archive.bytes()) {
                throw refused(bytes);
            }
            out.write(buffer, 0, count);
            progress.accept(bytes);
        }
        if (bytes < archive.bytes()) {
            throw new IOException(ENDED);
        }
    }

    /** Names what broke; the client's own words are of its protocol. */
    private static int read(InputStream body, byte[] buffer) throws IOException {
        try {
            return body.read(buffer);
        } catch (HttpTimeoutException e) {
            throw e;
        } catch (IOException e) {
            throw new IOException(ENDED, e);
        }
    }

    /** Removes what came of a file of another size. */
    private DatasetException refused(long found) throws IOException {
        Files.deleteIfExists(part);
        return new DatasetException("the file at " + archive.address() + " has " + found
                + " bytes or more, and the published one " + archive.bytes() + "; nothing of it was kept");
    }

    private String checksum(Path of) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance(archive.algorithm());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has MD5 and SHA-256", e);
        }
        try (InputStream in = Files.newInputStream(of)) {
            byte[] buffer = new byte[1 << 16];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                digest.update(buffer, 0, count);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
