package dev.kinglet.judges.load;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * A connection of HTTP/1.1 that stays open, for one thread: no more than what a benchmark needs, because its client shares
 * the processors with the server.
 */
final class Connection implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 60_000;
    private static final String LENGTH = "content-length:";

    private final SocketChannel channel = SocketChannel.open();
    private final InputStream in;

    /** An answer. */
    @SuppressWarnings("ArrayRecordComponent") // the bytes of a body
    record Reply(int status, byte[] body) {
        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    /** A request, ready to be sent again and again: what it takes to make one is not the server's time. */
    record Request(ByteBuffer bytes) {
        /** @param headers lines of the head, each with its end; may be empty */
        static Request post(String path, byte[] body, String headers) {
            byte[] head = ("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + body.length + "\r\n"
                            + headers + "\r\n")
                    .getBytes(StandardCharsets.US_ASCII);
            return new Request(ByteBuffer.allocateDirect(head.length + body.length)
                    .put(head)
                    .put(body)
                    .flip());
        }
    }

    Connection(URI server) throws IOException {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.socket().setSoTimeout(PATIENCE_MILLIS);
        channel.socket().connect(new InetSocketAddress(server.getHost(), server.getPort()), PATIENCE_MILLIS);
        in = new BufferedInputStream(channel.socket().getInputStream());
    }

    /** Sends a request and waits for its answer. */
    Reply send(Request request) throws IOException {
        ByteBuffer rest = request.bytes().duplicate();
        while (rest.hasRemaining()) {
            channel.write(rest);
        }
        return reply();
    }

    private Reply reply() throws IOException {
        int status = Integer.parseInt(line().split(" ", -1)[1]);
        int length = 0;
        for (String line = line(); !line.isEmpty(); line = line()) {
            if (line.toLowerCase(Locale.ROOT).startsWith(LENGTH)) {
                length = Integer.parseInt(line.substring(LENGTH.length()).strip());
            }
        }
        byte[] body = in.readNBytes(length);
        if (body.length < length) {
            throw new EOFException("the answer ended after " + body.length + " of " + length + " bytes");
        }
        return new Reply(status, body);
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new EOFException("the server closed the connection");
            }
            if (next != '\r') {
                line.append((char) next);
            }
        }
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
