package dev.kinglet.train.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFileTest {
    @Test
    void checksums_are_crc32c_masked() {
        // check values of CRC-32C: the usual one, and 32 zero bytes of RFC 3720, B.4
        assertThat(unmasked(EventFile.maskedCrc("123456789".getBytes(StandardCharsets.US_ASCII))))
                .isEqualTo(0xE3069283);
        assertThat(unmasked(EventFile.maskedCrc(new byte[32]))).isEqualTo(0x8A9136AA);
    }

    private static int unmasked(int masked) {
        return Integer.rotateLeft(masked - 0xa282ead8, 15);
    }

    @Test
    void scalars_are_read_back_at_their_steps(@TempDir Path folder) throws Exception {
        Map<String, Double> first = new LinkedHashMap<>();
        first.put("train/loss", 2.5);
        first.put("lr", 0.125);
        try (EventFile events = EventFile.create(folder, 41)) {
            events.scalars(300, first);
            events.scalars(1L << 40, Map.of("val/top1", 62.5));
        }

        List<Event> events = read(onlyFile(folder));

        assertThat(events).extracting(Event::step).containsExactly(0L, 41L, 300L, 1L << 40);
        assertThat(events.get(0).version).isEqualTo("brain.Event:2");
        assertThat(events.get(1).sessionStatus).isEqualTo(1);
        assertThat(events.get(2).scalars).containsExactly(Map.entry("train/loss", 2.5f), Map.entry("lr", 0.125f));
        assertThat(events.get(3).scalars).containsExactly(Map.entry("val/top1", 62.5f));
        double now = System.currentTimeMillis() / 1e3;
        assertThat(events).allSatisfy(event -> assertThat(event.wallTime).isBetween(now - 60, now + 1));
    }

    @Test
    void images_are_read_back_with_their_sizes(@TempDir Path folder) throws Exception {
        byte[] png = png(7, 300);
        try (EventFile events = EventFile.create(folder, 1)) {
            events.image(12, "val/mistakes", png);
            events.scalars(12, Map.of("lr", 0.5));
        }

        List<Event> events = read(onlyFile(folder));

        assertThat(events).extracting(Event::step).containsExactly(0L, 1L, 12L, 12L);
        Image image = Objects.requireNonNull(events.get(2).images.get("val/mistakes"));
        assertThat(image.width).isEqualTo(7);
        assertThat(image.height).isEqualTo(300);
        assertThat(image.png).isEqualTo(png);
        assertThat(ImageIO.read(new ByteArrayInputStream(image.png)).getHeight())
                .isEqualTo(300);
        assertThat(events.get(3).scalars).containsExactly(Map.entry("lr", 0.5f));
    }

    private static byte[] png(int width, int height) throws Exception {
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        ImageIO.write(new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB), "png", png);
        return png.toByteArray();
    }

    @Test
    void every_start_has_a_file_of_its_own(@TempDir Path folder) throws Exception {
        EventFile.create(folder, 1).close();
        EventFile.create(folder, 1).close();

        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files)
                    .hasSize(2)
                    .allMatch(file -> file.getFileName().toString().contains("tfevents"));
        }
    }

    private static Path onlyFile(Path folder) throws Exception {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList().get(0);
        }
    }

    private static final class Image {
        long width;
        long height;
        byte[] png = {};
    }

    /** What an event says; absent parts have their type's zero. */
    static final class Event {
        double wallTime;
        long step;
        String version = "";
        long sessionStatus;
        final Map<String, Float> scalars = new LinkedHashMap<>();
        final Map<String, Image> images = new LinkedHashMap<>();

        long step() {
            return step;
        }

        List<String> imageTags() {
            return List.copyOf(images.keySet());
        }
    }

    /** The file as the format's description reads it, every checksum checked. */
    static List<Event> read(Path file) throws Exception {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        List<Event> events = new ArrayList<>();
        while (bytes.hasRemaining()) {
            byte[] length = new byte[8];
            bytes.get(length);
            assertThat(bytes.getInt()).isEqualTo(EventFile.maskedCrc(length));
            byte[] event = new byte
                    [(int) ByteBuffer.wrap(length)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .getLong()];
            bytes.get(event);
            assertThat(bytes.getInt()).isEqualTo(EventFile.maskedCrc(event));
            events.add(event(slice(event)));
        }
        return events;
    }

    private static Event event(ByteBuffer in) {
        Event event = new Event();
        while (in.hasRemaining()) {
            int key = (int) varint(in);
            switch (key) {
                case 1 << 3 | 1 -> event.wallTime = in.getDouble();
                case 2 << 3 -> event.step = varint(in);
                case 3 << 3 | 2 -> event.version = new String(bytes(in), StandardCharsets.UTF_8);
                case 5 << 3 | 2 -> summary(slice(bytes(in)), event);
                case 7 << 3 | 2 -> {
                    ByteBuffer session = slice(bytes(in));
                    assertThat(varint(session)).isEqualTo(1 << 3);
                    event.sessionStatus = varint(session);
                }
                default -> throw new AssertionError("unexpected key " + key);
            }
        }
        return event;
    }

    private static void summary(ByteBuffer in, Event event) {
        while (in.hasRemaining()) {
            assertThat(varint(in)).isEqualTo(1 << 3 | 2);
            ByteBuffer value = slice(bytes(in));
            assertThat(varint(value)).isEqualTo(1 << 3 | 2);
            String tag = new String(bytes(value), StandardCharsets.UTF_8);
            int key = (int) varint(value);
            if (key == (4 << 3 | 2)) {
                event.images.put(tag, image(slice(bytes(value))));
            } else {
                assertThat(key).isEqualTo(2 << 3 | 5);
                event.scalars.put(tag, value.getFloat());
            }
            assertThat(value.hasRemaining()).isFalse();
        }
    }

    private static Image image(ByteBuffer in) {
        Image image = new Image();
        while (in.hasRemaining()) {
            int key = (int) varint(in);
            switch (key) {
                case 1 << 3 -> image.height = varint(in);
                case 2 << 3 -> image.width = varint(in);
                case 3 << 3 -> assertThat(varint(in)).isEqualTo(3); // RGB
                case 4 << 3 | 2 -> image.png = bytes(in);
                default -> throw new AssertionError("unexpected key " + key);
            }
        }
        return image;
    }

    private static byte[] bytes(ByteBuffer in) {
        byte[] bytes = new byte[(int) varint(in)];
        in.get(bytes);
        return bytes;
    }

    private static ByteBuffer slice(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = in.get();
            value |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }
}
