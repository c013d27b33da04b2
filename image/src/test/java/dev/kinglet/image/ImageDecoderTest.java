package dev.kinglet.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.base.FileNames;
import dev.kinglet.image.samples.RecordedPixels;
import dev.kinglet.image.samples.SampleImages;
import dev.kinglet.network.Orientation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("native")
class ImageDecoderTest {
    /** Where Pillow is not followed to the bit: 16-bit gray, which Pillow clips. */
    private static final List<String> EXCEPTIONS = List.of("gray16.png");

    private final ImageDecoder decoder = new ImageDecoder(ImageLimits.defaults());

    static Stream<String> files() throws IOException {
        return RecordedPixels.drawn().images().stream().map(RecordedPixels.Recorded::file);
    }

    static Stream<String> exactFiles() throws IOException {
        return files().filter(file -> !EXCEPTIONS.contains(file));
    }

    @ParameterizedTest
    @MethodSource("exactFiles")
    void gives_the_pixels_that_pillow_gives(String file) throws IOException {
        RecordedPixels drawn = RecordedPixels.drawn();

        RgbImage image = decoder.read(drawn.file(file));

        assertThat(RecordedPixels.sha256(image)).isEqualTo(drawn.of(file).pixels());
        assertThat(RecordedPixels.differences(drawn.of(file), image)).isEmpty();
    }

    /** The JPEG with bytes after so many of its segments. */
    private static byte[] withGap(byte[] jpeg, int segmentsBefore, int... gap) {
        int at = 2;
        for (int i = 0; i < segmentsBefore; i++) {
            at += 2 + (ByteBuffer.wrap(jpeg).getShort(at + 2) & 0xffff);
        }
        ByteBuffer other = ByteBuffer.allocate(jpeg.length + gap.length).put(jpeg, 0, at);
        for (int value : gap) {
            other.put((byte) value);
        }
        return other.put(jpeg, at, jpeg.length - at).array();
    }

    static Stream<Arguments> gaps() {
        return Stream.of(
                        new int[] {0, 0, 0},
                        new int[] {'\n', '\n'},
                        new int[] {0xff, 0, 0xff, 0},
                        new int[] {0xff, 0xff, 0xff},
                        new int[] {1, 0xff, 0xff, 0, 7})
                .flatMap(gap -> Stream.of("baseline_420.jpg", "progressive.jpg", "cmyk.jpg", "exif_orientation_6.jpg")
                        .map(file -> Arguments.of(file, gap)));
    }

    @ParameterizedTest
    @MethodSource("gaps")
    void bytes_between_the_segments_of_a_jpeg_are_passed_over(String file, int[] gap) throws IOException {
        byte[] whole = RecordedPixels.drawn().bytes(file);
        ImageDecoder upright = new ImageDecoder(ImageLimits.defaults(), Orientation.FOLLOWED);
        for (int segments = 1; segments < 4; segments++) { // Pillow wants the first at once
            byte[] other = withGap(whole, segments, gap);

            assertThat(decoder.decode(other).rgb())
                    .isEqualTo(decoder.decode(whole).rgb());
            assertThat(upright.decode(other).rgb())
                    .isEqualTo(upright.decode(whole).rgb());
            assertThat(JpegSegments.withoutGaps(other)).isEqualTo(whole);
        }
    }

    @Test
    void bytes_after_a_comment_are_passed_over() throws IOException {
        byte[] whole = RecordedPixels.drawn().bytes("baseline_420.jpg");
        byte[] comment = {(byte) 0xff, (byte) 0xfe, 0, 6, 'm', 'i', 'n', 'e', '\n', '\n'};
        byte[] commented = ByteBuffer.allocate(whole.length + comment.length)
                .put(whole, 0, 2)
                .put(comment)
                .put(whole, 2, whole.length - 2)
                .array();

        assertThat(decoder.decode(commented).rgb())
                .isEqualTo(decoder.decode(whole).rgb());
    }

    @Test
    void a_name_that_was_not_text_is_said_to_be_none() {
        Path file = Path.of("Caf\ufffd", "image.jpg");

        assertThatThrownBy(() -> decoder.read(file))
                .isInstanceOf(ImageException.class)
                .hasMessage(FileNames.advice(file.toString()));
    }

    @Test
    void gray_of_16_bits_keeps_its_upper_8() throws IOException {
        RgbImage image = decoder.read(RecordedPixels.drawn().file("gray16.png"));

        for (int y = 0; y < 49; y++) {
            for (int x = 0; x < 67; x++) {
                int value = (x * 1021 + y * 257) % 65_536; // as record.py draws it
                assertThat(SampleImages.red(image, x, y)).isEqualTo(value >> 8);
                assertThat(SampleImages.green(image, x, y)).isEqualTo(value >> 8);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void a_truncated_file_is_refused_or_whole(String file) throws IOException {
        byte[] whole = RecordedPixels.drawn().bytes(file);
        RgbImage image = decoder.decode(whole);
        int refused = 0;
        int cut = 0;
        for (int length = 0; length < whole.length; length += 1 + whole.length / 150) {
            cut++;
            try {
                assertThat(decoder.decode(Arrays.copyOf(whole, length)).rgb()).isEqualTo(image.rgb());
            } catch (ImageException e) {
                refused++;
            }
        }
        // only what follows a GIF's first frame is not needed: later frames, the trailer
        assertThat(refused).isGreaterThan(file.equals("animated.gif") ? cut / 3 : cut * 9 / 10);
    }

    @ParameterizedTest
    @MethodSource("files")
    void damage_gives_an_image_or_a_refusal_and_nothing_else(String file) throws IOException {
        byte[] whole = RecordedPixels.drawn().bytes(file);
        Random random = new Random(file.hashCode());
        for (int i = 0; i < 20; i++) {
            byte[] damaged = whole.clone();
            damaged[random.nextInt(whole.length)] = (byte) random.nextInt();
            try {
                assertThat(decoder.decode(damaged).width()).isPositive();
            } catch (ImageException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
        }
    }

    @Test
    void a_file_is_named_in_what_is_wrong_with_it(@TempDir Path folder) throws IOException {
        Path empty = Files.createFile(folder.resolve("empty.jpg"));
        Path truncated = folder.resolve("truncated.jpg");
        byte[] whole = RecordedPixels.drawn().bytes("baseline_420.jpg");
        Files.write(truncated, Arrays.copyOf(whole, whole.length / 2));

        assertThatThrownBy(() -> decoder.read(empty))
                .isInstanceOf(ImageException.class)
                .hasMessage(empty + ": empty: 0 bytes");
        assertThatThrownBy(() -> decoder.read(truncated))
                .isInstanceOf(ImageException.class)
                .hasMessage(truncated + ": truncated or damaged JPEG of " + whole.length / 2 + " bytes");
        assertThatThrownBy(() -> decoder.read(folder.resolve("none.jpg")))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("could not read " + folder.resolve("none.jpg"))
                .hasMessageContaining("there is no such file or folder");
    }

    @Test
    void several_threads_get_the_same_pixels_at_once() throws Exception {
        RecordedPixels drawn = RecordedPixels.drawn();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Callable<String>> tasks = exactFiles()
                    .flatMap(file -> Stream.of(file, file, file))
                    .map(file -> (Callable<String>) () -> RecordedPixels.sha256(decoder.read(drawn.file(file))))
                    .toList();
            List<String> files =
                    exactFiles().flatMap(file -> Stream.of(file, file, file)).toList();
            List<Future<String>> results = threads.invokeAll(tasks);
            for (int i = 0; i < files.size(); i++) {
                assertThat(results.get(i).get())
                        .isEqualTo(drawn.of(files.get(i)).pixels());
            }
        } finally {
            threads.shutdownNow();
        }
    }

    /** In a program of its own, because what its heap may take is known. */
    @Test
    void native_memory_does_not_grow() throws Exception {
        Process program = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        DecodeManyTimes.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(program.waitFor()).as(output).isZero();
        long grownMebibytes =
                output.lines().reduce((line, last) -> last).map(Long::parseLong).orElseThrow();
        // 5000 images of 240x181 pixels would be 621 MiB
        assertThat(grownMebibytes).isLessThan(100);
    }

    /** Prints by how many MiB the memory of the process grew over 5000 images, the first 500 not counted. */
    static final class DecodeManyTimes {
        private DecodeManyTimes() {}

        public static void main(String[] args) throws IOException {
            RecordedPixels drawn = RecordedPixels.drawn();
            List<byte[]> files = List.of(
                    drawn.bytes("photo_like.jpg"),
                    Arrays.copyOf(drawn.bytes("photo_like.jpg"), 5000),
                    drawn.bytes("rgba16.png"),
                    drawn.bytes("lossy_alpha.webp"));
            decode(files, 500);
            long resident = Pointer.physicalBytes();
            decode(files, 5000);
            System.out.println((Pointer.physicalBytes() - resident) >> 20);
        }

        private static void decode(List<byte[]> files, int images) {
            ImageDecoder decoder = new ImageDecoder(ImageLimits.defaults());
            for (int i = 0; i < images; i++) {
                for (byte[] file : files) {
                    try {
                        decoder.decode(file);
                    } catch (ImageException e) {
                        assertThat(e).hasMessageStartingWith("truncated");
                    }
                }
            }
        }
    }
}
