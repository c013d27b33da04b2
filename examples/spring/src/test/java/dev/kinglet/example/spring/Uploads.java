package dev.kinglet.example.spring;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;

/** A client of the application, and images for it. */
final class Uploads {
    private static final String BOUNDARY = "kinglet-upload";
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private Uploads() {}

    /** A JPEG of shapes. */
    static byte[] jpeg(int width, int height, int seed) throws IOException {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D pen = image.createGraphics();
        pen.setColor(new Color(Color.HSBtoRGB(seed / 17f, 0.5f, 0.9f)));
        pen.fillRect(0, 0, width, height);
        pen.setColor(new Color(Color.HSBtoRGB(seed / 5f, 0.9f, 0.4f)));
        pen.fillOval(width / 5 + seed % 7, height / 4, width / 2, height / 2);
        pen.dispose();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(image, "jpg", bytes);
        return bytes.toByteArray();
    }

    static HttpResponse<String> post(int port, byte[] image) throws IOException, InterruptedException {
        String head = "--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.jpg\"\r\n"
                + "Content-Type: image/jpeg\r\n\r\n";
        List<byte[]> body = List.of(
                head.getBytes(StandardCharsets.US_ASCII),
                image,
                ("\r\n--" + BOUNDARY + "--\r\n").getBytes(StandardCharsets.US_ASCII));
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/classify"))
                .header("Content-Type", "multipart/form-data; boundary=" + BOUNDARY)
                .POST(BodyPublishers.ofByteArrays(body))
                .build();
        return CLIENT.send(request, BodyHandlers.ofString());
    }

    static HttpResponse<String> get(int port, String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                .build();
        return CLIENT.send(request, BodyHandlers.ofString());
    }

    /** Kinds of broken uploads, in turn. */
    static byte[] broken(byte[] jpeg, int kind) {
        return switch (kind % 4) {
            case 0 -> "no image at all".getBytes(StandardCharsets.US_ASCII);
            case 1 -> Arrays.copyOf(jpeg, jpeg.length / 2);
            case 2 -> new byte[0];
            default -> jpegOf(jpeg, 60_000, 60_000);
        };
    }

    /** The same JPEG, whose header claims another size. */
    static byte[] jpegOf(byte[] jpeg, int width, int height) {
        byte[] claimed = jpeg.clone();
        for (int i = 0; i < claimed.length - 9; i++) {
            if ((claimed[i] & 0xff) == 0xff && (claimed[i + 1] & 0xff) == 0xc0) { // start of frame
                claimed[i + 5] = (byte) (height >> 8);
                claimed[i + 6] = (byte) height;
                claimed[i + 7] = (byte) (width >> 8);
                claimed[i + 8] = (byte) width;
                return claimed;
            }
        }
        throw new IllegalArgumentException("not a baseline JPEG");
    }

    /** Statuses of so many uploads by 8 threads; every tenth image is broken, from the first on. */
    static List<Integer> send(int port, int first, int count) throws Exception {
        byte[][] images = new byte[8][];
        for (int i = 0; i < images.length; i++) {
            images[i] = jpeg(320 + 16 * i, 240, i);
        }
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Callable<Integer>> calls = IntStream.range(first, first + count)
                    .<Callable<Integer>>mapToObj(i -> () -> {
                        byte[] image = images[i % images.length];
                        return post(port, i % 10 == 0 ? broken(image, i / 10) : image)
                                .statusCode();
                    })
                    .toList();
            List<Integer> statuses = new ArrayList<>();
            for (Future<Integer> call : threads.invokeAll(calls)) {
                statuses.add(call.get());
            }
            return statuses;
        } finally {
            threads.shutdownNow();
        }
    }
}
