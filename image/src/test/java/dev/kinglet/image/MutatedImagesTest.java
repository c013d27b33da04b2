package dev.kinglet.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Images corrupted in every known way, decoded in a process of their own: an image that crashes it is named, and its
 * memory holds nothing else. To run one again, or many more:
 *
 * <pre>{@code java -cp ... 'dev.kinglet.image.MutatedImagesTest$Decode' SEED FIRST COUNT}</pre>
 */
@Tag("native")
class MutatedImagesTest {
    private static final long SEED = 20_260_101;
    private static final int IMAGES = 2_000;

    @Test
    void a_spoilt_image_is_decoded_or_refused_soon_and_leaves_no_memory_behind() throws Exception {
        Process program = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        // all of the heap at once, so that the memory of the process grows by native memory alone
                        "-XX:+UseSerialGC",
                        "-Xms768m",
                        "-Xmx768m",
                        "-XX:+AlwaysPreTouch",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Decode.class.getName(),
                        Long.toString(SEED),
                        "0",
                        Integer.toString(IMAGES))
                .redirectErrorStream(true)
                .start();
        List<String> output = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toList();
        int status = program.waitFor();

        String end = String.join("\n", output.subList(Math.max(0, output.size() - 20), output.size()));
        assertThat(output.stream().filter(line -> line.startsWith("FAILED"))).isEmpty();
        assertThat(status).as("seed %d; it ended at:%n%s", SEED, end).isZero();
        System.out.println(end.substring(end.lastIndexOf("\nseed ") + 1));
    }

    /** Decodes mutations {@code FIRST} to {@code FIRST + COUNT} of a seed and says how it went; status 1 if it went wrong. */
    static final class Decode {
        private static final int WARM_UP = 1_000;
        private static final double MAX_SECONDS = 2;
        private static final double MAX_MEBIBYTES = 32;

        private static final Path PROCESSOR_NANOS = Path.of("/proc/thread-self/schedstat");

        private final ImageDecoder decoder = new ImageDecoder(ImageLimits.defaults());
        private final List<MutatedImage.Source> sources;
        private int decoded;
        private int refused;
        private boolean failed;
        private double slowest;
        private String slowestIs = "";

        private Decode(List<MutatedImage.Source> sources) {
            this.sources = sources;
        }

        public static void main(String[] args) throws IOException {
            long seed = Long.parseLong(args[0]);
            int first = Integer.parseInt(args[1]);
            int count = Integer.parseInt(args[2]);
            List<MutatedImage.Source> sources = MutatedImage.sources();
            new Decode(sources).decode(seed + 1, 0, WARM_UP);

            Memory before = Memory.now();
            Decode decode = new Decode(sources);
            decode.decode(seed, first, count);
            Memory after = Memory.now();

            decode.failIf(after.resident - before.resident > MAX_MEBIBYTES, "memory of the process");
            decode.failIf(after.heap - before.heap > MAX_MEBIBYTES, "heap");
            decode.failIf(after.javacpp - before.javacpp > MAX_MEBIBYTES, "memory that JavaCPP holds");
            System.out.printf(
                    Locale.ROOT,
                    "seed %d, mutations %d to %d: %d decoded, %d refused; the slowest took %.3f s of processor time (%s);"
                            + " before %s; after %s%n",
                    seed,
                    first,
                    first + count - 1,
                    decode.decoded,
                    decode.refused,
                    decode.slowest,
                    decode.slowestIs,
                    before,
                    after);
            System.exit(decode.failed ? 1 : 0);
        }

        private void decode(long seed, int first, int count) throws IOException {
            for (int number = first; number < first + count; number++) {
                MutatedImage image = MutatedImage.of(seed, number, sources);
                String name = "seed " + seed + ", mutation " + number + ": " + image.description();
                System.out.println(name); // the last such line is what crashed
                long start = nanos();
                try {
                    decoder.decode(image.bytes());
                    decoded++;
                } catch (ImageException e) {
                    refused++;
                } catch (Throwable e) { // whatever else there is
                    failIf(true, name + ": " + e);
                }
                double seconds = (nanos() - start) / 1e9;
                failIf(seconds > MAX_SECONDS, name + " took " + seconds + " s");
                if (seconds > slowest) {
                    slowest = seconds;
                    slowestIs = name;
                }
            }
        }

        /** Of this thread on a processor, so that other programs do not count; where that is not to be had, the clock's. */
        private static long nanos() throws IOException {
            return Files.exists(PROCESSOR_NANOS)
                    ? Long.parseLong(Files.readString(PROCESSOR_NANOS).split(" ", 2)[0])
                    : System.nanoTime();
        }

        private void failIf(boolean wrong, String what) {
            if (wrong) {
                failed = true;
                System.out.println("FAILED: " + what);
            }
        }
    }

    /**
     * Of this process, in MiB: all that is resident, the used heap, what JavaCPP allocated; after a collection, and after
     * the C library gave back what it kept of freed memory to use it again.
     */
    private record Memory(double resident, double heap, double javacpp) {
        static Memory now() throws IOException {
            System.gc();
            Pointer.trimMemory();
            Runtime runtime = Runtime.getRuntime();
            return new Memory(
                    residentNow(),
                    mebibytes(runtime.totalMemory() - runtime.freeMemory()),
                    mebibytes(Pointer.totalBytes()));
        }

        private static double residentNow() throws IOException {
            Path status = Path.of("/proc/self/status");
            if (!Files.exists(status)) { // not on Linux
                return mebibytes(Pointer.physicalBytes());
            }
            try (var lines = Files.lines(status)) {
                return lines.filter(line -> line.startsWith("VmRSS:"))
                        .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024.0)
                        .findFirst()
                        .orElseThrow();
            }
        }

        private static double mebibytes(long bytes) {
            return bytes / (double) (1 << 20);
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%.0f MiB resident, heap %.1f, JavaCPP %.1f", resident, heap, javacpp);
        }
    }
}
