package dev.kinglet.infer;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import dev.kinglet.image.ImageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/**
 * A program that calls a classifier from eight threads, many times, and ends with status {@link #GROWS} if native memory grows. In a
 * JVM of its own, whose heap is resident from the beginning, so that what grows is not that.
 */
final class Soak {
    private static final int THREADS = 8;
    private static final int ROUNDS = 100; // memory is looked at after each, when no call is running
    /** Exit status; 1 is that of an exception. */
    static final int GROWS = 3;

    private static final int BAD = 10; // of so many calls, one has something that is no image

    /** What is done wrong on purpose, once a call. */
    enum Leak {
        NONE,
        /** A tensor of ONNX Runtime that nobody closes. */
        TENSORS,
        /** A pointer of JavaCPP that nobody closes. */
        POINTERS
    }

    private final Classifier classifier;
    private final byte[] image;
    private final byte[] damaged;
    private final Leak leak;
    private final List<Pointer> kept = Collections.synchronizedList(new ArrayList<>());

    private Soak(Classifier classifier, byte[] image, Leak leak) {
        this.classifier = classifier;
        this.image = image;
        this.damaged = Arrays.copyOf(image, image.length / 2);
        this.leak = leak;
    }

    /**
     * @param args model, image, number of calls, {@link Leak}, and how many MiB resident memory may grow by in 100,000
     *     calls, at the pace of the last half
     */
    public static void main(String[] args) throws Exception {
        int calls = Integer.parseInt(args[2]);
        Growth growth;
        try (Classifier classifier =
                Classifier.open(Path.of(args[0]), ClassifierOptions.defaults().withSessions(2))) {
            Soak soak = new Soak(classifier, Files.readAllBytes(Path.of(args[1])), Leak.valueOf(args[3]));
            growth = soak.run(calls / ROUNDS);
        }
        System.out.println(growth);
        System.exit(growth.flat(Double.parseDouble(args[4])) ? 0 : GROWS);
    }

    private Growth run(int callsARound) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        List<Long> resident = new ArrayList<>();
        List<Long> pointers = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            List<Future<Integer>> parts = threads.invokeAll(
                    Collections.nCopies(THREADS, (Callable<Integer>) () -> calls(callsARound / THREADS)));
            for (Future<Integer> part : parts) {
                if (part.get() == 0) {
                    throw new AssertionError("not one bad image was refused");
                }
            }
            resident.add(residentBytes());
            pointers.add(Pointer.totalCount());
        }
        threads.shutdown();
        return new Growth(callsARound / THREADS * THREADS, resident, pointers);
    }

    /** Some calls on this thread; how many were refused. */
    private int calls(int count) throws Exception {
        int refused = 0;
        for (int i = 0; i < count; i++) {
            try {
                classifier.classify(i % BAD == 0 ? damaged : image);
            } catch (ImageException e) {
                refused++;
            }
            switch (leak) {
                case NONE -> {}
                case TENSORS -> OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), new float[1]);
                case POINTERS -> kept.add(new BytePointer(1));
            }
        }
        return refused;
    }

    private static long residentBytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/smaps_rollup")).stream()
                .filter(line -> line.startsWith("Rss:"))
                .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }

    /**
     * What was seen after each round.
     *
     * @param calls in a round
     * @param resident bytes
     * @param pointers of JavaCPP that own memory
     */
    private record Growth(int calls, List<Long> resident, List<Long> pointers) {
        /**
         * Median slope between any two rounds of the last half, in MiB for 100,000 calls (Theil, 1950; Sen, 1968). A leak
         * grows in all of them; that the allocator asks for one more block once does not count.
         */
        double mibPer100000() {
            List<Long> half = resident.subList(resident.size() / 2, resident.size());
            double[] slopes = IntStream.range(0, half.size())
                    .boxed()
                    .flatMap(from -> IntStream.range(from + 1, half.size())
                            .mapToObj(to -> (half.get(to) - half.get(from)) / (double) (to - from)))
                    .mapToDouble(bytes -> bytes / 1048576.0)
                    .sorted()
                    .toArray();
            return slopes[slopes.length / 2] / calls * 100_000;
        }

        boolean flat(double mib) {
            return mibPer100000() < mib && pointers.stream().distinct().count() == 1;
        }

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%d calls: resident %.1f MiB after the first %d, %.1f half way, %.1f at the end; in the last half %+.2f"
                            + " MiB for 100,000 calls; %d to %d pointers",
                    calls * resident.size(),
                    resident.get(0) / 1048576.0,
                    calls,
                    resident.get(resident.size() / 2) / 1048576.0,
                    resident.get(resident.size() - 1) / 1048576.0,
                    mibPer100000(),
                    Collections.min(pointers),
                    Collections.max(pointers));
        }
    }
}
