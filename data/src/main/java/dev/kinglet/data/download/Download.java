package dev.kinglet.data.download;

import dev.kinglet.data.DatasetException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * Fetches a published file. What has come lies in {@code NAME.part} until it is all there and has the published checksum;
 * a download that was interrupted goes on from it, now or when it is asked for again.
 */
final class Download {
    private static final int TRIES = 5;
    private static final int PARTIAL = 206;
    private static final int NOT_SATISFIABLE = 416;

    private static final String ENDED = "the server ended the connection";

    private final PublishedFile published;
    private final Path file;
    private final Path part;
    private final LongConsumer progress;

    Download(PublishedFile published, Path file, LongConsumer progress) {
        this.published = published;
        this.file = file;
        this.part = file.resolveSibling(file.getFileName() + ".part");
        this.progress = progress;
    }

    /** The whole file; see {@link PublishedFile#fetch}. */
    Path fetch() throws IOException, InterruptedException {
        Files.createDirectories(part.toAbsolutePath().getParent());
        if (Files.exists(file)) {
            String found = PublishedFile.checksum(published.algorithm(), file);
            if (!published.isChecksum(found)) {
                throw new DatasetException(
                        file + " is there, but is not the published file: its " + published.algorithm() + " is " + found
                                + ", and " + published.checksum() + " is expected; remove it to fetch it again");
            }
            return file;
        }
        for (int failed = 0; ; ) {
            long before = partBytes();
            if (before == published.bytes()) {
                break;
            }
            try {
                request(before);
            } catch (DatasetException | Requests.RedirectException e) {
                throw e;
            } catch (IOException e) {
                failed++;
                long now = partBytes();
                if (failed == TRIES || now <= before) {
                    throw new DatasetException(
                            published.address()
                                    + (now > 0
                                            ? " broke off at byte " + now + " of " + published.bytes() + ": "
                                                    + Requests.reason(e)
                                                    + "; what has come is kept, fetch it again to go on"
                                            : " could not be fetched: " + Requests.reason(e)),
                            e);
                }
            }
        }
        String found = PublishedFile.checksum(published.algorithm(), part);
        if (!published.isChecksum(found)) {
            Files.delete(part);
            throw new DatasetException("what " + published.address() + " sent is not the published file: its "
                    + published.algorithm() + " is " + found + ", and " + published.checksum()
                    + " is expected; nothing of it was kept");
        }
        return Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Number of bytes from before; if there are more than the file has, they are of another file, and are removed. */
    private long partBytes() throws IOException {
        long bytes = Files.exists(part) ? Files.size(part) : 0;
        if (bytes > published.bytes()) {
            Files.delete(part);
            return 0;
        }
        return bytes;
    }

    /** Appends one answer of the server, which may end early. */
    private void request(long from) throws IOException, InterruptedException {
        URI address = published.address();
        HttpRequest.Builder request = HttpRequest.newBuilder(address);
        if (from > 0) {
            request.header("Range", "bytes=" + from + "-");
        }
        HttpResponse<InputStream> response = Requests.send(address, request);
        try (InputStream body = response.body()) {
            boolean goesOn =
                    response.statusCode() == PARTIAL && rangeStart(response).equals(Optional.of(Long.toString(from)));
            if (response.statusCode() == NOT_SATISFIABLE && from > 0) {
                Files.delete(part);
                throw new DatasetException(address + " has fewer than the " + from
                        + " bytes that were kept of it; they are removed, fetch it again");
            }
            if (!goesOn && response.statusCode() != Requests.OK) {
                throw new DatasetException("the server answered " + response.statusCode() + " for " + address
                        + (response.statusCode() == PARTIAL ? ", with another part than was asked for" : ""));
            }
            long start = goesOn ? from : 0;
            long announced =
                    response.headers().firstValueAsLong("Content-Length").orElse(published.bytes() - start);
            if (announced != published.bytes() - start) {
                throw refused(start + announced + " bytes");
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
            if (bytes > published.bytes()) {
                throw refused(bytes + " bytes or more");
            }
            out.write(buffer, 0, count);
            progress.accept(bytes);
        }
        if (bytes < published.bytes()) {
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
    private DatasetException refused(String found) throws IOException {
        Files.deleteIfExists(part);
        return new DatasetException("the file at " + published.address() + " has " + found + ", and the published one "
                + published.bytes() + "; nothing of it was kept");
    }
}
